/* The program, in a worker of its own: Pyodide, NumPy, and the archive of the program */

import { SETTINGS } from "./settings.js";

const START = `
import sys
sys.path.insert(0, "${SETTINGS.folder}")
import json
from pyodide.ffi import to_js
from xlbackprop.web.tasks import Request, carry_out

def answer(task, parameters, spec, content):
    own = carry_out(task, Request(json.loads(parameters), spec, content.to_bytes()))
    return to_js([json.dumps(own.header), own.page.decode(), own.file])

def compiler(content, folder):
    from xlbackprop.web.bytecode import compiling, imported
    work = compiling(content.to_bytes(), folder, imported())
    def step():
        try:
            next(work)
        except StopIteration as done:
            return to_js(done.value)
    return step

to_js([answer, compiler], depth=1)
`;

/* What a first report needs is imported before anybody has picked a file, a little at a time: who is quicker waits for
   what is under way, and for nothing else */
const SOON = [
  "xlbackprop.network", "xlbackprop.workbook.engine.recalculation", "xlbackprop.judge.checker",
  "xlbackprop.report.from_review", "xlbackprop.report.annotation", "xlbackprop.report.html",
  "xlbackprop.judge.diagnose", "xlbackprop.explainer", "xlbackprop.workbook.builder", "xlbackprop.derivation",
];
const REHEARSAL = `
built = carry_out("build", Request({"template": "conv5x5x2", "blank": "dL_db"}))
carry_out("check", Request({}, "", built.file))
del built
`;

const COMPILED = "X-Bytecode"; // says of a kept file that it was compiled here

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

function pause() {
  return new Promise((done) => setTimeout(done));
}

/* Where the page came as sources, those that were imported are compiled once and kept in place of them: from the next
   visit on the page is ready sooner. A little at a time, so that tasks come in between */
async function keepCompiled(compiler) {
  const name = !SETTINGS.isCompiled && self.caches && (await caches.keys()).filter((one) => one.startsWith("xlbackprop-")).pop();
  const archives = [SETTINGS.library, ...SETTINGS.archives.map((address) => [address, SETTINGS.folder])];
  for (const [address, folder] of name ? archives : []) {
    const cache = await caches.open(name);
    const place = new URL(address, self.location.href);
    const kept = await cache.match(place);
    if (!kept || kept.headers.has(COMPILED)) {
      continue;
    }
    const headers = new Headers(kept.headers);
    headers.set(COMPILED, "yes");
    const step = compiler(new Uint8Array(await kept.arrayBuffer()), folder);
    let done;
    while (!(done = step())) {
      await pause();
    }
    step.destroy();
    await cache.put(place, new Response(done, { headers }));
  }
}

async function start() {
  tell(0, "starting Python");
  const archives = SETTINGS.archives.map(async (address) => (await fetch(address)).arrayBuffer());
  const { loadPyodide } = await import(`${base}pyodide.mjs`);
  const lockFileContents = JSON.parse(SETTINGS.lock);
  const pyodide = await loadPyodide({ indexURL: base, packageBaseUrl: base, lockFileContents });
  tell(0.5, "loading NumPy and the program");
  for (const archive of archives) {
    pyodide.unpackArchive(await archive, "zip", { extractDir: SETTINGS.folder });
  }
  tell(0.7, "starting the program");
  const [answering, compiler] = pyodide.runPython(START);
  answer = answering;
  self.postMessage({ ready: true });
  for (const step of [...SOON.map((name) => `import ${name}`), REHEARSAL]) {
    await pause();
    pyodide.runPython(step);
  }
  await keepCompiled(compiler);
  self.postMessage({ settled: true });
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
