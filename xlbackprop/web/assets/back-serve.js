/* The program on the server that the page came from */

import { readAnswer } from "./answer.js";

export const PRIVACY = "Your file is judged by the server that this page came from, which keeps nothing of it.";

const TRIES = 4;

export async function ready() {}

async function reasonOf(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `the server answers ${response.status}`;
  }
}

async function asked(address, options) {
  for (let tried = 1; ; tried++) {
    let response;
    try {
      response = await fetch(address, options);
    } catch {
      throw new Error("the server cannot be reached");
    }
    if (response.ok) {
      return response;
    }
    if (response.status !== 503 || tried === TRIES) {
      throw new Error(await reasonOf(response));
    }
    const seconds = Number(response.headers.get("Retry-After")) || 5;
    await new Promise((done) => setTimeout(done, 1000 * seconds * (0.5 + Math.random())));
  }
}

export async function templates() {
  return (await asked("api/templates")).json();
}

/* Have a task carried out; spec is a text, content the bytes of a file */
export async function call(task, parameters, spec = "", content = new Uint8Array()) {
  const text = new TextEncoder().encode(spec);
  const query = new URLSearchParams({ ...parameters, spec_bytes: text.length });
  const body = new Blob([text, content]);
  const response = await asked(`api/${task}?${query}`, { method: "PUT", body });
  return readAnswer(await response.arrayBuffer());
}

/* What an assignment answers to a student; the ticket says which one asks */
export async function askAs(ticket, path, content) {
  const options = { headers: { Authorization: `Bearer ${ticket}` } };
  if (content) {
    Object.assign(options, { method: "PUT", body: new Blob([content]) });
  }
  const response = await asked(`api/${path}`, options);
  const isFrame = response.headers.get("Content-Type") === "application/octet-stream";
  return isFrame ? readAnswer(await response.arrayBuffer()) : response.json();
}
