/* The program, in a worker of its own: Pyodide, NumPy, and the archive of the program */

import { SETTINGS } from "./settings.js";

const PATH = "/program";
const START = `
import sys
sys.path.insert(0, "${PATH}")
import json
from pyodide.ffi import to_js
from xlbackprop.web.tasks import Request, carry_out
import xlbackprop.explainer, xlbackprop.judge.diagnose, xlbackprop.report.annotation
import xlbackprop.report.html, xlbackprop.workbook.builder

def answer(task, parameters, spec, content):
    own = carry_out(task, Request(json.loads(parameters), spec, content.to_bytes()))
    return to_js([json.dumps(own.header), own.page.decode(), own.file])

answer
`;

const base = new URL(SETTINGS.base, self.location.href).href;
const allowed = [new URL("./", self.location.href).href, base];
const plainFetch = self.fetch.bind(self);

/* A page's policy need not bind its workers: nothing but our own files is asked for */
self.fetch = (address, options) => {
  const { href } = new URL(address.url ?? address, self.location.href);
  if (!allowed.some((one) => href.startsWith(one)) || (options?.method ?? "GET") !== "GET") {
    return Promise.reject(new TypeError("no other address is asked"));
  }
  return plainFetch(address, options);
};

function tell(progress, what) {
  self.postMessage({ progress, what });
}

let answer;

async function start() {
  tell(0, "starting Python");
  const program = fetch(SETTINGS.program).then((response) => response.arrayBuffer());
  const { loadPyodide } = await import(`${base}pyodide.mjs`);
  const lockFileContents = JSON.parse(SETTINGS.lock);
  const pyodide = await loadPyodide({ indexURL: base, packageBaseUrl: base, lockFileContents });
  tell(0.5, "loading NumPy");
  await pyodide.loadPackage("numpy", { messageCallback: () => {}, errorCallback: () => {} });
  tell(0.7, "loading the program");
  pyodide.unpackArchive(await program, "zip", { extractDir: PATH });
  answer = pyodide.runPython(START);
  self.postMessage({ ready: true });
}

self.addEventListener("message", ({ data }) => {
  const { id, task, parameters, spec, content } = data;
  try {
    const [header, page, file] = answer(task, JSON.stringify(parameters), spec, content);
    self.postMessage({ id, header: JSON.parse(header), page, file });
  } catch {
    self.postMessage({ id, header: { error: "the program broke off: load the page anew" } });
  }
});

start().catch((error) => {
  const [reason] = error.message.trim().split("\n").slice(-1); // of a traceback the last line
  self.postMessage({ failed: `the program cannot be loaded: ${reason}` });
});
