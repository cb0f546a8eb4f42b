"use strict";
/* What a cell's equation says of it alone, and the numbers that it is made from */
const explaining = (() => {
  const { data, drawnOf, indexOf } = drawing;
  const MOST_ROWS = 6;
  const MOST_COLUMNS = 6;

  const LEFT = /^[\p{L}\p{N}_/.]+\[([a-z](?:,[a-z])*)\] = /u;
  // One place of an index, between brackets or commas; and a letter that stands by itself.
  const PLACE = /(?<=[[,])[^[\],()\s]+(?=[\],])/gu;
  const ALONE = /(?<![\p{L}\p{N}_.[/])(\d*)([a-z])(?![\p{L}\p{N}_[’])/gu;
  const STEP = /([+-]?)(\d*)((?:[a-z]₀?)?)/gu;

  /* The line with numbers for the letters of its left side: G[k,2+a,3+b] for G[k,u+a,v+b] */
  function lineOf(number, entry) {
    const { line } = data.tensors[number];
    const letters = (line.match(LEFT) || ["", ""])[1].split(",").filter((letter) => letter);
    const index = indexOf(number, entry);
    if (!letters.length || letters.length !== index.length) {
      return line;
    }
    const known = new Map(letters.map((letter, axis) => [letter, index[axis]]));
    const alone = (all, times, letter) => (known.has(letter) ? String((times || 1) * known.get(letter)) : all);
    return line.replace(PLACE, (part) => placeOf(part, known)).replace(ALONE, alone);
  }

  function placeOf(part, known) {
    const steps = [...part.matchAll(STEP)].filter(([, , times, letter]) => times || letter);
    if (steps.map(([all]) => all).join("") !== part) {
      return part;
    }
    let sum = 0;
    let rest = "";
    for (const [, sign, times, letter] of steps) {
      if (letter && !known.has(letter)) {
        rest += `${sign || "+"}${times}${letter}`;
      } else {
        sum += (sign === "-" ? -1 : 1) * (times || 1) * (letter ? known.get(letter) : 1);
      }
    }
    return ((sum || !rest ? sum : "") + rest).replace(/^\+/, "");
  }

  /* The numbers of a source as the page shows them; nothing where there are too many */
  function numbersOf(source) {
    const cells = drawnOf(source);
    const [, , rows, columns] = source;
    if (!cells.length || cells.length !== rows * columns || rows > MOST_ROWS || columns > MOST_COLUMNS) {
      return [];
    }
    if (cells.length === 1) {
      return [` = ${cells[0].textContent}`];
    }
    const table = document.createElement("table");
    table.className = "numbers";
    for (let row = 0; row < rows; row++) {
      const line = table.insertRow();
      for (const cell of cells.slice(row * columns, (row + 1) * columns)) {
        line.insertCell().textContent = cell.textContent;
      }
    }
    return [table];
  }

  return { lineOf, numbersOf };
})();
