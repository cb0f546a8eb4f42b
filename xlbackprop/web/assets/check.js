/* A workbook is dropped or picked, judged, and its report shown in a frame */

import { byId, complain, doing, download, element, framed, say } from "./dom.js";
import { showExplanation } from "./explain.js";

const MOST_BYTES = 25_000_000;
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const VERDICTS = {
  right: ["right", "every cell that was judged is right."],
  wrong: ["not right", "something is not right."],
  incomplete: ["not all there", "what is there is right, but something is missing or was not judged."],
};

let ask; // has a file judged: (file, content) => { answer, explain }
let picked = null; // the file that was dropped or picked last
let checked = null; // what was answered of the one whose report is shown
let frame = null;
let selected = ""; // the cell that is selected in the report

export function startChecking(asking) {
  ask = asking;
  const input = byId("file");
  const form = byId("check-form");
  // The same file, changed meanwhile, can be picked again.
  input.addEventListener("click", () => (input.value = ""));
  input.addEventListener("change", () => input.files.length && check(input.files[0]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check(picked);
  });
  addDropping(byId("drop"));
  addEventListener("message", onMessage);
  byId("get-marked").addEventListener("click", () => download(checked.file, checked.header.marked, XLSX));
  byId("get-report").addEventListener("click", () => {
    const name = `${checked.header.file.replace(/\.[^.]*$/, "")}-report.html`;
    download(checked.page, name, "text/html");
  });
  byId("print-report").addEventListener("click", () => frame.contentWindow.postMessage("print", "*"));
  byId("explain-button").addEventListener("click", explain);
  if (input.files.length) {
    check(input.files[0]); // it was picked before the program was ready
  }
}

function addDropping(zone) {
  const isOver = (yes) => zone.classList.toggle("over", yes);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    isOver(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && isOver(false));
  addEventListener("drop", (event) => {
    event.preventDefault();
    isOver(false);
    const [file] = event.dataTransfer.files;
    if (file) {
      location.hash = "#check";
      byId("file").value = "";
      check(file);
    }
  });
}

async function check(source) {
  if (!source) {
    complain("Pick a workbook first, or drop one on the page.");
    byId("file").focus();
    return;
  }
  picked = source;
  byId("result").hidden = true;
  byId("chosen").textContent = byId("file").files.length ? "" : source.name;
  if (source.size > MOST_BYTES) {
    complain(`${source.name} is larger than the ${MOST_BYTES / 1e6} MB that can be judged here`);
    return;
  }
  await doing(`Checking ${source.name} …`, byId("check-button"), async () => {
    const content = await contentOf(source);
    const { answer, explain } = await ask(source, content);
    checked = { ...answer, explain };
    show();
  });
}

async function contentOf(source) {
  try {
    return new Uint8Array(await source.arrayBuffer());
  } catch {
    throw new Error(`${source.name} was changed since you picked it, or cannot be read: pick it again`);
  }
}

function show() {
  const { header, page } = checked;
  const [word, sentence] = VERDICTS[header.verdict];
  const verdict = byId("verdict");
  verdict.className = header.verdict;
  verdict.replaceChildren(element("span", {}, word), ` ${header.file}: ${sentence}`);
  byId("counts").replaceChildren(
    ...Object.entries(header.counts).map(([status, count]) =>
      element("li", {}, `${count.toLocaleString("en")} ${status}`),
    ),
  );
  byId("remarks").replaceChildren(...(header.remarks ?? []).map((remark) => element("li", {}, remark)));
  byId("get-marked").hidden = !header.marked;
  byId("why-not-marked").textContent = header.marked ? "" : `There is no marked copy: ${header.why_not_marked}`;
  byId("explaining").hidden = !header.explains;
  byId("explanation").hidden = true;
  selected = "";
  byId("explain-button").disabled = true;
  byId("explain-button").textContent = "Explain the selected cell";
  frame = framed(page, `Report on ${header.file}`, "allow-scripts allow-modals");
  byId("report").replaceChildren(frame);
  byId("result").hidden = false;
  verdict.focus();
}

/* The report tells which cell is selected; nobody else is listened to, and it can say nothing else */
function onMessage(event) {
  if (!frame || event.source !== frame.contentWindow || typeof event.data?.cell !== "string") {
    return;
  }
  selected = event.data.cell.slice(0, 200);
  const button = byId("explain-button");
  button.disabled = false;
  button.textContent = `Explain ${selected}`;
}

async function explain() {
  await doing(`Explaining ${selected} …`, byId("explain-button"), async () => {
    const { header } = await checked.explain(selected);
    showExplanation(header);
  });
  say("");
}
