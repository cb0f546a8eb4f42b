/* The page: which of its views is shown, and what a link into it asks for */

import { openAssignment } from "./assignment.js";
import { call, PRIVACY, ready, templates } from "./back.js";
import { describe, openExercise, startBuilding } from "./build.js";
import { startChecking } from "./check.js";
import { byId, complain } from "./dom.js";
import { startReading } from "./equations.js";
import { NetworkChoice } from "./network.js";

const VIEWS = ["check", "build", "equations"];
const RESULTS = { check: "result", equations: "derivation" }; // what a view shows below its form
const hasResult = new Set();
let shown = "check";

function show(view) {
  for (const one of Object.values(RESULTS)) {
    if (!byId(one).hidden) {
      hasResult.add(one);
    }
  }
  shown = view;
  complain("");
  for (const one of VIEWS) {
    byId(`view-${one}`).hidden = one !== view;
    if (RESULTS[one]) {
      byId(RESULTS[one]).hidden = one !== view || !hasResult.has(RESULTS[one]);
    }
  }
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }
  document.title = `${byId(`title-${view}`).textContent} xlbackprop`;
}

/* Have a file judged as the form says, and its cells explained by the same words */
function asking(network) {
  return async (source, content) => {
    const [parameters, spec] = network.said;
    const said = { ...parameters, file: source.name, hints: byId("hints").value };
    const answer = await call("check", said, spec, content);
    return { answer, explain: (cell) => call("explain", { ...said, cell }, spec, content) };
  };
}

let isReady = false;

function follow() {
  const hash = location.hash.slice(1);
  const link = new URLSearchParams(hash);
  if (link.has("spec")) {
    show("build");
    if (isReady) {
      openExercise(link);
    }
  } else if (VIEWS.includes(hash)) {
    show(hash);
    if (hash === "build" && isReady && !byId("tensors").children.length) {
      describe();
    }
  } else if (hash !== "main") {
    show(shown);
  }
}

function progress(part, what) {
  byId("loading").hidden = part >= 1;
  byId("loaded").value = part;
  byId("loading-what").textContent = what;
}

async function start() {
  for (const event of ["dragover", "drop"]) {
    addEventListener(event, (dropped) => dropped.preventDefault()); // else the browser would open it
  }
  byId("privacy").textContent = PRIVACY;
  addEventListener("hashchange", follow);
  follow();
  try {
    await ready(progress);
    const known = await templates();
    if (known.assignment) {
      await openAssignment();
      document.body.dataset.ready = "yes";
      return;
    }
    const places = [...document.querySelectorAll(".network")];
    const choices = places.map((place) => new NetworkChoice(place, known.templates));
    startChecking(asking(choices[0]));
    startBuilding(choices[1]);
    startReading(choices[2]);
  } catch (error) {
    complain(error.message);
    return;
  }
  isReady = true;
  byId("check-button").disabled = false;
  document.body.dataset.ready = "yes";
  follow();
}

start();
