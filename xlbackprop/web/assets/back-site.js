/* The program in this browser: it runs in a worker, and no file leaves this machine */

import { SETTINGS } from "./settings.js";

export const PRIVACY = "Your file is judged here, in your browser: it leaves your machine for nobody.";

const SECONDS_WITHOUT_PROGRESS = 120;
const SECONDS_FOR_A_TASK = 120;
const KEPT = 0.5; // the share of getting ready that is fetching files

let worker = null;
let number = 0;
const waiting = new Map(); // tasks that are not answered yet

/* Have all files kept, and checked, by the service worker: from then on no network is needed */
async function kept(progress) {
  if (!navigator.serviceWorker) {
    return false;
  }
  const told = (event) => {
    const { done, total } = event.data;
    progress((KEPT * done) / total, `${done} of ${total} files`);
  };
  navigator.serviceWorker.addEventListener("message", told);
  try {
    const registration = await navigator.serviceWorker.register("service-worker.js");
    const coming = registration.installing;
    if (coming && !registration.active) {
      await new Promise((done, fail) => {
        coming.addEventListener("statechange", () => {
          if (coming.state === "activated") {
            done();
          } else if (coming.state === "redundant") {
            fail(new Error("a file of the program cannot be fetched, or is not what it should be: try again later"));
          }
        });
      });
    }
    if (!navigator.serviceWorker.controller) {
      await new Promise((done) => {
        navigator.serviceWorker.addEventListener("controllerchange", done, { once: true });
        setTimeout(done, 2000);
      });
    }
    return navigator.serviceWorker.controller !== null;
  } finally {
    navigator.serviceWorker.removeEventListener("message", told);
  }
}

function started(progress) {
  return new Promise((done, fail) => {
    worker = new Worker("worker.js", { type: "module" });
    let clock;
    const wait = () => {
      clearTimeout(clock);
      const late = () => fail(new Error("the program does not get ready: load the page anew, or try another browser"));
      clock = setTimeout(late, 1000 * SECONDS_WITHOUT_PROGRESS);
    };
    wait();
    worker.addEventListener("error", () => fail(new Error("the program cannot be started in this browser")));
    worker.addEventListener("message", ({ data }) => {
      if (data.progress !== undefined) {
        wait();
        progress(KEPT + (1 - KEPT) * data.progress, data.what);
      } else if (data.ready) {
        clearTimeout(clock);
        done();
      } else if (data.failed) {
        clearTimeout(clock);
        fail(new Error(data.failed));
      } else if (data.settled) {
        document.body.dataset.settled = "yes"; // nothing is done any more but what is asked for
      } else {
        answered(data);
      }
    });
  });
}

function answered({ id, header, page, file }) {
  const task = waiting.get(id);
  waiting.delete(id);
  clearTimeout(task.clock);
  if (header.error) {
    task.fail(new Error(header.error));
  } else {
    task.done({ header, page, file });
  }
}

let progressTold = () => {};

export async function ready(progress) {
  progressTold = progress;
  progress(0, "fetching the program");
  const isKept = await kept(progress);
  if (!isKept && !SETTINGS.base.startsWith("pyodide/")) {
    throw new Error("this browser cannot check the program’s files (is the page’s address one of https?)");
  }
  await started(progress);
  progress(1, "");
}

export function templates() {
  return SETTINGS.templates;
}

/* Have a task carried out; spec is a text, content the bytes of a file */
export function call(task, parameters, spec = "", content = new Uint8Array()) {
  const id = number++;
  return new Promise((done, fail) => {
    const late = () => {
      waiting.delete(id);
      restart();
      fail(new Error(`it takes more than the ${SECONDS_FOR_A_TASK} seconds that one file may have`));
    };
    waiting.set(id, { done, fail, clock: setTimeout(late, 1000 * SECONDS_FOR_A_TASK) });
    worker.postMessage({ id, task, parameters, spec, content });
  });
}

/* What does not end is ended with its worker; the next task gets another */
function restart() {
  worker.terminate();
  for (const task of waiting.values()) {
    clearTimeout(task.clock);
    task.fail(new Error("the program was started anew: try again"));
  }
  waiting.clear();
  started(progressTold).then(() => progressTold(1, ""));
}

export function askAs() {
  return Promise.reject(new Error("no assignment is given out by this page"));
}
