/* A workbook of a template or a spec, with the chosen tensors left empty */

import { call } from "./back.js";
import { byId, complain, doing, download, element, say } from "./dom.js";

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

let network;
let wanted = []; // names that a link asks to be blank

export function startBuilding(choice) {
  network = choice;
  network.onChange(() => describe());
  byId("build-form").addEventListener("submit", (event) => {
    event.preventDefault();
    build();
  });
}

/* Show the exercise that a link names: #spec=conv5x5x2&blank=dL_dw&seed=3&practice=1 (or ladder, or walk) */
export async function openExercise(link) {
  const name = link.get("spec");
  if (!network.choose(name)) {
    complain(`there is no template ${name.slice(0, 40)}`);
    return;
  }
  byId("seed").value = (link.get("seed") || "").replace(/[^0-9]/g, "");
  byId("practice").checked = link.get("practice") === "1";
  byId("ladder").checked = link.get("ladder") === "1";
  byId("walk").checked = link.get("walk") === "1";
  wanted = (link.get("blank") || "").split(",").map((one) => one.trim()).filter((one) => one);
  await describe();
}

let described = null; // what was asked last: answers to earlier questions are late

export async function describe() {
  const [parameters, spec] = network.said;
  const asked = (described = {});
  complain("");
  try {
    const { header } = await call("describe", parameters, spec);
    if (asked === described) {
      show(header);
    }
  } catch (error) {
    if (asked === described) {
      byId("tensors").replaceChildren();
      byId("about").textContent = "";
      complain(error.message);
    }
  }
}

function isWanted(name) {
  return wanted.some((one) => one === "all" || one === name || name.endsWith(`.${one}`));
}

function show({ about, tensors, more, notes }) {
  byId("about").textContent = about;
  byId("build-notes").replaceChildren(...notes.map((note) => element("li", {}, note)));
  byId("tensors").replaceChildren(
    ...tensors.map(({ name, shape, about: what }, position) => {
      const id = `tensor-${position}`;
      const box = element("input", { type: "checkbox", id, value: name, checked: isWanted(name) });
      const size = shape.length ? shape.join("×") : "a number";
      return element("p", {}, box, element("label", { htmlFor: id }, `${name} (${size}) ${what}`));
    }),
  );
  const unknown = wanted.filter(
    (one) => one !== "all" && !tensors.some(({ name }) => name === one || name.endsWith(`.${one}`)),
  );
  byId("blank-names").value = more && wanted.includes("all") ? "all" : unknown.join(", ");
  byId("blank-names").placeholder = more ? `${more.toLocaleString("en")} more tensors` : "dL_dw, conv1.out";
  wanted = [];
}

async function build() {
  const [parameters, spec] = network.said;
  const ticked = [...byId("tensors").querySelectorAll("input:checked")].map((box) => box.value);
  const blank = [...ticked, byId("blank-names").value].filter((one) => one.trim()).join(",");
  const ticks = Object.fromEntries(["practice", "ladder", "walk"].map((id) => [id, byId(id).checked ? "1" : ""]));
  const said = { ...parameters, blank, seed: byId("seed").value, ...ticks };
  const file = await doing("Building the workbook …", byId("build-button"), async () => {
    const answer = await call("build", said, spec);
    download(answer.file, answer.header.file, XLSX);
    return answer.header.file;
  });
  if (file) {
    say(`${file} is yours: fill it in, and check it here.`);
  }
}
