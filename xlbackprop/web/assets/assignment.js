/* A student's own workbook, and feedback on it; the ticket stands in the link */

import { askAs } from "./back.js";
import { startChecking } from "./check.js";
import { byId, complain, doing, download } from "./dom.js";

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

function inWords(names) {
  return names.join(", ").replace(/, ([^,]*)$/, " and $1");
}

function tellTries({ tries, tries_left: left }) {
  byId("tries").textContent = `${left} of ${tries} tries are left in this hour.`;
}

export async function openAssignment() {
  const ticket = new URLSearchParams(location.hash.slice(1)).get("ticket") || "";
  const others = [document.querySelector("nav"), byId("hints-field"), byId("check-what"), document.querySelector(".network")];
  for (const part of others) {
    part.hidden = true;
  }
  let about;
  try {
    about = await askAs(ticket, "assignment");
  } catch (error) {
    byId("check-form").hidden = true;
    complain(error.message);
    return;
  }
  byId("assignment").hidden = false;
  byId("counts-of").hidden = false;
  byId("title-check").textContent = about.name;
  document.title = `${about.name} xlbackprop`;
  byId("assignment-what").textContent = `${about.student}: fill in ${inWords(about.blank)}.`;
  byId("assignment-hints").textContent = byId("hints").querySelector(`[value=${about.hints}]`).textContent;
  tellTries(about);
  byId("get-handout").addEventListener("click", () =>
    doing("Fetching your workbook …", byId("get-handout"), async () => {
      const { header, file } = await askAs(ticket, "handout");
      download(file, header.file, XLSX);
    }),
  );
  startChecking(async (source, content) => {
    const query = new URLSearchParams({ file: source.name });
    const answer = await askAs(ticket, `hand-in?${query}`, content);
    tellTries(answer.header);
    return { answer };
  });
  byId("check-button").disabled = false;
}
