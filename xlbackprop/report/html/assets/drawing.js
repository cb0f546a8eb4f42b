"use strict";
/* Where the cells of the page are, and what they are called */
const drawing = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const grids = new Map(); // by a tensor's number, made when first needed

  function gridOf(number) {
    if (!grids.has(number)) {
      const cells = [...document.querySelectorAll(`#tensor-${number} tbody td, td[data-number="${number}"]`)];
      const { entries } = data.tensors[number];
      grids.set(number, {
        cells,
        positions: new Map(cells.map((cell, position) => [cell, position])),
        byEntry: new Map(entries.map((entry, position) => [entry, cells[position]])),
      });
    }
    return grids.get(number);
  }

  function numberOf(cell) {
    return Number(cell.closest("[data-number]").dataset.number);
  }

  function cellAt(number, entry) {
    return document.getElementById(`tensor-${number}`) ? gridOf(number).byEntry.get(entry) : undefined;
  }

  /* A source is a range of a tensor, or a text: the address of cells that are no tensor's */

  function drawnOf(source) {
    if (typeof source === "string") {
      return [];
    }
    const [number, first, rows, columns] = source;
    const width = data.tensors[number].size[1];
    const cells = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        cells.push(cellAt(number, first + row * width + column));
      }
    }
    return cells.filter((cell) => cell);
  }

  function leadingOf(leading, block) {
    const index = [];
    for (const length of [...leading].reverse()) {
      index.unshift(block % length);
      block = Math.floor(block / length);
    }
    return index;
  }

  function indexOf(number, entry) {
    const { leading, size, rank, folded } = data.tensors[number];
    const [height, width] = size;
    const within = entry % (height * width);
    const index = rank === 2 && !folded ? [Math.floor(within / width), within % width] : rank ? [within] : [];
    return [...leadingOf(leading, Math.floor(entry / (height * width))), ...index];
  }

  function span(start, length) {
    return length === 1 ? `${start}` : `${start}:${start + length}`;
  }

  function nameOf(source) {
    if (typeof source === "string") {
      return source;
    }
    const [number, first, rows, columns] = source;
    const { name, leading, size, rank, folded } = data.tensors[number];
    const [height, width] = size;
    const index = leadingOf(leading, Math.floor(first / (height * width)));
    const row = Math.floor((first % (height * width)) / width);
    if (folded) { // single cells, or all of a block
      index.push(span(first % (height * width), rows * columns));
    } else if (rank === 2 || (rank === 1 && height > 1)) {
      index.push(span(row, rows));
    }
    if (!folded && (rank === 2 || (rank === 1 && height === 1))) {
      index.push(span(first % width, columns));
    }
    return index.length ? `${name}[${index.join(", ")}]` : name;
  }

  return { data, gridOf, numberOf, cellAt, drawnOf, indexOf, nameOf };
})();
