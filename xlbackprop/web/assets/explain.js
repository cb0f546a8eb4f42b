/* How a cell comes about, term by term */

import { byId, element } from "./dom.js";

function number(value) {
  return value === null ? "" : String(Number(value.toPrecision(6)));
}

function row(tag, ...cells) {
  return element("tr", {}, ...cells.map((cell) => element(tag, {}, cell)));
}

function table(head, rows) {
  const body = element("tbody", {}, ...rows.map((cells) => row("td", ...cells)));
  const made = element("table", {}, element("thead", {}, row("th", ...head)), body);
  const box = element("div", { className: "scroll", tabIndex: 0 }, made);
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", head.join(", "));
  return box;
}

function paragraph(text, className = "") {
  return element("p", { className }, text);
}

function sum(told) {
  const rows = told.terms.map((term) => [term.indices, term.cells, term.numbers, number(term.value)]);
  const parts = [table(["term", "cells", "numbers", "value"], rows)];
  if (told.more) {
    parts.push(paragraph(`and ${told.more.toLocaleString("en")} more terms`, "soft"));
  }
  const divided = told.divided_by === 1 ? "" : ` (the sum divided by ${told.divided_by})`;
  parts.push(paragraph(`= ${number(told.value)}${divided}`));
  return parts;
}

function steps(told) {
  const each = [told.with_indices, told.with_cells, told.with_numbers, number(told.value)];
  return [...new Set(each)].map((text) => paragraph(`= ${text}`, "equation"));
}

function formulas(told) {
  const parts = [];
  if (told.found_formula) {
    parts.push(element("p", {}, "formula ", element("code", {}, told.found_formula)));
  }
  if (told.formula && told.formula !== told.found_formula) {
    parts.push(element("p", {}, "rather ", element("code", {}, told.formula)));
  }
  return parts;
}

function upstream(told) {
  if (!told.upstream.length) {
    return [];
  }
  const rows = told.upstream.map((one) => [
    one.cell,
    one.entry,
    typeof one.found === "number" ? number(one.found) : (one.found ?? ""),
    number(one.expected),
  ]);
  return [paragraph("Made from cells that are not right:"), table(["cell", "is", "found", "right is"], rows)];
}

export function showExplanation(told) {
  byId("explained").textContent = `${told.place} is ${told.entry}: ${told.about} (${told.kind})`;
  const equations = [...new Set([told.equation, told.here])].filter((text) => text);
  byId("explained-how").replaceChildren(
    ...equations.map((text) => paragraph(text, "equation")),
    ...(told.why ? [paragraph(told.why)] : []),
    ...(told.terms.length > 1 ? sum(told) : told.terms.length ? steps(told) : []),
    paragraph(told.answer),
    ...formulas(told),
    ...upstream(told),
  );
  byId("explanation").hidden = false;
  byId("explained").focus();
}
