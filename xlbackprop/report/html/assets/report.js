"use strict";
/* The details of a cell, and the ways to it: mouse, finger, keyboard, links */
(() => {
  const { data, gridOf, numberOf, cellAt, drawnOf, nameOf } = drawing;
  const panel = document.getElementById("details");
  const CELL = ".tensor tbody td:not(.none)"; // of a sheet as it stands, not all are any tensor's
  const BY_EQUATION = "By its equation from"; // where no formula says what it is made from
  const HUES = 4; // frames for sources, as the style has them
  const marked = []; // cells with a frame now: [cell, class]
  const trail = []; // cells from which links were followed
  let selected = null; // where the focus is, or was last
  let pointer = []; // where the mouse was last
  let shown = null; // whose details are shown: that one, or the one under the mouse

  /* The details of a cell */

  function element(tag, className, ...children) {
    const made = document.createElement(tag);
    made.className = className;
    made.append(...children);
    return made;
  }

  function fact(term, text, className = "") {
    return [element("dt", "", term), element("dd", className, text)];
  }

  function factsOf(cell, record, status) {
    const [address, found, formula, , note, expected, fromYours] = record;
    const facts = [];
    if (found !== null && found !== undefined) {
      facts.push(...fact("found", String(found), "number"));
    }
    if (status !== "right" && typeof expected === "number") {
      facts.push(...fact("right is", String(expected), "number"));
    }
    if (status !== "right" && typeof fromYours === "number") {
      facts.push(...fact("from your own cells", String(fromYours), "number"));
    }
    if (data.meanings[status]) {
      facts.push(...fact("why", data.meanings[status]));
      if (note) {
        facts.push(element("dd", "", note));
      }
    }
    if (data.kinds[status]) {
      facts.push(...fact("kind", data.kinds[status]));
    }
    const number = numberOf(cell);
    if (data.tensors[number].line) {
      const entry = data.tensors[number].entries[gridOf(number).positions.get(cell)];
      facts.push(...fact("equation", explaining.lineOf(number, entry), "line"));
    }
    facts.push(...fact("where", address));
    if (formula) {
      facts.push(...fact("formula", formula, "formula"));
    }
    return facts;
  }

  function sourceLink(source, style) {
    const [number] = source;
    const [target] = drawnOf(source);
    const name = nameOf(source);
    if (!target) {
      return element("li", "", typeof source === "string" ? name : `${name} (not drawn)`);
    }
    const link = element("a", "", name);
    link.href = `#tensor-${number}`;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      trail.push(shown);
      go(target);
    });
    return element("li", style, link, ...explaining.numbersOf(source));
  }

  function sourcesOf(listed = []) {
    return (listed || []).filter((range) => range >= 0).map((range) => data.ranges[range]);
  }

  function listOf(heading, listed, styleOf) {
    const links = sourcesOf(listed).map((source, position) => sourceLink(source, styleOf(position)));
    if (!links.length) {
      return [];
    }
    if (listed.at(-1) < 0) {
      links.push(element("li", "", `and ${-listed.at(-1)} more`));
    }
    return [element("h3", "", heading), element("ul", "sources", ...links)];
  }

  function backButton() {
    const from = trail.at(-1);
    const button = element("button", "", `Back to ${titleOf(from)}`);
    button.type = "button";
    button.addEventListener("click", () => go(trail.pop()));
    return button;
  }

  function titleOf(cell) {
    const number = numberOf(cell);
    const entry = data.tensors[number].entries[gridOf(number).positions.get(cell)];
    return nameOf([number, entry, 1, 1]);
  }

  function show(cell) {
    clear();
    shown = cell;
    const number = numberOf(cell);
    const record = data.tensors[number].cells[gridOf(number).positions.get(cell)];
    const status = cell.classList[0];
    const heading = element("h2", "", titleOf(cell));
    heading.tabIndex = -1;
    const close = element("button", "close", "Close");
    close.type = "button";
    close.addEventListener("click", leave);
    panel.replaceChildren(
      element("div", "title", heading, element("span", `chip ${status}`, status), close),
      element("dl", "", ...factsOf(cell, record, status)),
    );
    const sources = sourcesOf(record[3]);
    panel.append(...listOf(record[2] ? "Made from" : BY_EQUATION, record[3], (position) => `hue${position % HUES}`));
    panel.append(...listOf(BY_EQUATION, record[7], () => ""));
    if (trail.length) {
      panel.append(backButton());
    }
    panel.classList.remove("empty");
    mark(cell, "current");
    sources.forEach((source, position) => {
      for (const drawnCell of drawnOf(source)) {
        mark(drawnCell, `hue${position % HUES}`);
      }
    });
  }

  function mark(cell, className) {
    cell.classList.add(className);
    marked.push([cell, className]);
  }

  function clear() {
    for (const [cell, className] of marked.splice(0)) {
      cell.classList.remove(className);
    }
    shown = null;
    panel.classList.add("empty");
    panel.replaceChildren(element("p", "", "Select a cell to see what it is and what it is made from."));
  }

  /* Going from cell to cell: of each tensor one cell can be reached with the tab key */

  function select(cell) {
    const { cells } = gridOf(numberOf(cell));
    for (const other of cells.filter((one) => one.hasAttribute("tabindex"))) {
      if (other !== cell) {
        other.removeAttribute("tabindex"); // from a cell with the focus it would take that, too
      }
    }
    cell.tabIndex = 0;
    selected = cell;
    show(cell);
    around.tell(titleOf(cell));
  }

  function go(cell) {
    cell.tabIndex = 0;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "center", inline: "center" });
  }

  function leave() {
    if (selected && panel.contains(document.activeElement)) {
      selected.focus();
    }
    trail.length = 0;
    selected = null;
    clear();
  }

  function neighbour(cell, down, right) {
    const table = cell.closest("table");
    const row = cell.parentElement;
    const rows = [...table.tBodies[0].rows];
    const place = [rows.indexOf(row) + down, cell.cellIndex + right];
    const heads = row.querySelectorAll("th").length;
    if (place[0] >= 0 && place[0] < rows.length && place[1] >= heads && place[1] < row.cells.length) {
      return rows[place[0]].cells[place[1]];
    }
    const isForward = down + right > 0;
    const next = isForward ? table.nextElementSibling : table.previousElementSibling;
    if (!next) {
      return cell;
    }
    const there = next.tBodies[0].rows;
    const edge = isForward ? 0 : -1;
    const target = down ? [...there].at(edge) : there[Math.min(place[0], there.length - 1)];
    const column = down ? Math.min(place[1], target.cells.length - 1) : null;
    return down ? target.cells[column] : [...target.querySelectorAll("td")].at(edge);
  }

  const MOVES = {
    ArrowRight: (cell) => neighbour(cell, 0, 1),
    ArrowLeft: (cell) => neighbour(cell, 0, -1),
    ArrowDown: (cell) => neighbour(cell, 1, 0),
    ArrowUp: (cell) => neighbour(cell, -1, 0),
    Home: (cell) => cell.parentElement.querySelector("td"),
    End: (cell) => cell.parentElement.lastElementChild,
  };

  function onKey(event) {
    const cell = event.target.closest(".tensor tbody td");
    if (event.key === "Escape") {
      leave();
    } else if (cell && event.key === "Enter") {
      panel.querySelector("h2").focus();
      event.preventDefault();
    } else if (cell && MOVES[event.key] && !event.altKey && !event.metaKey) {
      const cells = [...cell.closest(".tensor").querySelectorAll("tbody td")];
      const ends = { Home: cells[0], End: cells.at(-1) };
      const next = (event.ctrlKey && ends[event.key]) || MOVES[event.key](cell);
      trail.length = 0;
      next.tabIndex = 0;
      next.focus();
      event.preventDefault();
    }
  }

  /* A box that scrolls must be reachable by keyboard, one that does not is no stop; to measure what
     is not drawn yet would take long */

  function makeScrollersReachable(part) {
    for (const box of part.querySelectorAll(".equation, .scroll")) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
      } else {
        box.removeAttribute("tabindex");
      }
    }
  }

  const drawn = new Set(document.querySelectorAll(".card"));
  for (const layer of document.querySelectorAll(".layer")) {
    layer.addEventListener("contentvisibilityautostatechange", (event) => {
      if (event.skipped) {
        drawn.delete(layer);
      } else {
        drawn.add(layer);
        makeScrollersReachable(layer);
      }
    });
  }

  for (const folded of document.querySelectorAll("details")) {
    folded.addEventListener("toggle", () => makeScrollersReachable(folded));
  }
  for (const tensor of document.querySelectorAll(".tensor")) {
    const first = tensor.querySelector("tbody td:not(.none)");
    if (first) {
      first.tabIndex = 0;
    }
  }
  document.addEventListener("focusin", (event) => {
    const cell = event.target.closest(CELL);
    if (cell) {
      select(cell);
    }
  });
  document.addEventListener("click", (event) => {
    const cell = event.target.closest(CELL);
    const link = event.target.closest("[data-entry]");
    if (cell) {
      cell.tabIndex = 0;
      trail.length = 0;
      cell.focus();
      if (shown !== cell) {
        select(cell); // it had the focus already
      }
    } else if (link) {
      const target = cellAt(Number(link.dataset.tensorNumber), Number(link.dataset.entry));
      if (target) {
        event.preventDefault();
        go(target);
      }
    }
  });
  document.addEventListener("pointermove", (event) => {
    pointer = [event.clientX, event.clientY];
  });
  document.addEventListener("pointerover", (event) => {
    // Where the page moves below a mouse that rests, nobody points at anything.
    const rests = event.clientX === pointer[0] && event.clientY === pointer[1];
    if (rests || event.pointerType !== "mouse" || panel.contains(event.target)) {
      return;
    }
    const cell = event.target.closest(CELL);
    if (cell) {
      show(cell);
    } else if (selected) {
      show(selected);
    }
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("walk", () => {
    if (shown?.closest(".ahead")) {
      leave();
    }
  });
  addEventListener("resize", () => drawn.forEach(makeScrollersReachable));
  drawn.forEach(makeScrollersReachable);
  panel.hidden = false;
  panel.setAttribute("aria-live", "polite");
  clear();
})();
