"""Wrong formulas that a page does not show: at least one of their cells has the right number on it.

They are looked for with IronCalc alone: a formula of a built workbook is changed as people do, and
kept where its value stays on some page, and does not on others.
"""

# ruff: noqa: ARG001  (all mistakes are made by functions of the same form)

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import ironcalc
import numpy as np
import openpyxl
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter

import xlbackprop
from tests.support.oracles import workbook

TEMPLATES = [
    "conv5x5x2", "two-conv", "mlp-2-2-2", "conv7x7x3-stride2", "optimizers-sgd",
    "optimizers-adam", "batch-norm", "residual-block",
]  # fmt: skip

Cell = tuple[str, int, int]  # sheet, row, column, from 1
Numbers = dict[Cell, float]


@dataclass(frozen=True)
class Mutation:
    """Formulas to be put into a built workbook, and the numbers of its inputs on the page."""

    kind: str
    template: str
    page: Numbers
    formulas: dict[Cell, str]
    wrong: frozenset[Cell]  # where they are wrong in general

    def write(self, folder: Path) -> Path:
        """Return the workbook, saved without values."""
        path = xlbackprop.build(self.template, folder / "mutated.xlsx", force=True)
        book = openpyxl.load_workbook(path)
        for (sheet, row, column), content in {**self.page, **self.formulas}.items():
            book[sheet].cell(row, column).value = content
        book.save(path)
        return path


class Book:
    """A built workbook in IronCalc, and where its tensors are."""

    def __init__(self, template: str, folder: Path) -> None:
        path = xlbackprop.build(template, folder / f"{template}.xlsx")
        self.template = template
        self.formulas = openpyxl.load_workbook(path)
        self.model = ironcalc.load_from_xlsx(str(path))
        self.sheets = {s["name"]: n for n, s in enumerate(self.model.get_worksheets_properties())}
        kinds = {tensor.name: tensor.kind for tensor in xlbackprop.inspect(path).tensors}
        self.blocks = [
            (kinds[name], name, sheet, bounds)
            for name, blocks in workbook.places(path).items()
            for _, sheet, bounds in blocks
        ]

    @cached_property
    def inputs(self) -> dict[Cell, str]:
        """The cells of givens and parameters, and the short names of their tensors."""
        return {
            cell: name.rpartition(".")[0]
            for kind, name, sheet, bounds in self.blocks
            if kind in ("given", "parameter")
            for cell in cells_of(sheet, bounds)
        }

    @cached_property
    def computed(self) -> list[tuple[Cell, list[Cell]]]:
        """The formula cells, each with all cells of its block."""
        return [
            (cell, list(cells_of(sheet, bounds)))
            for kind, _, sheet, bounds in self.blocks
            if kind not in ("given", "parameter")
            for cell in cells_of(sheet, bounds)
            if str(self.formula(cell)).startswith("=")
        ]

    def formula(self, cell: Cell) -> object:
        sheet, row, column = cell
        return self.formulas[sheet].cell(row, column).value

    def values(
        self, numbers: Numbers, formulas: dict[Cell, str], cells: list[Cell]
    ) -> list[object]:
        """Return what cells hold with other inputs and formulas; all is as before afterwards."""
        for (sheet, row, column), number in numbers.items():
            self.model.update_cell_with_number(self.sheets[sheet], row, column, number)
        for (sheet, row, column), formula in formulas.items():
            self.model.set_user_input(self.sheets[sheet], row, column, formula)
        self.model.evaluate()
        found = [self.model.get_cell_value(self.sheets[s], r, c) for s, r, c in cells]
        for cell in formulas:
            sheet, row, column = cell
            self.model.set_user_input(self.sheets[sheet], row, column, str(self.formula(cell)))
        return found

    def numbers(self, style: str, random: np.random.Generator) -> Numbers:
        """Return numbers for the inputs: those of a page on which little shows, or any."""
        drawn = {}
        for cell, owner in self.inputs.items():
            number = float(np.round(random.normal(), 2)) or 0.25
            match style:
                case _ if owner == "training":
                    number = float(np.round(random.uniform(0.1, 0.6), 2))
                case "sparse":
                    number *= float(random.random() < 0.3)
                case "equal":
                    number = 1.0
                case "zero":
                    number = 0.0
            drawn[cell] = number
        return drawn


def cells_of(sheet: str, bounds: tuple[int, int, int, int]) -> Iterator[Cell]:
    left, top, right, bottom = bounds
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            yield sheet, row, column


def name_of(cell: Cell) -> str:
    return f"{get_column_letter(cell[2])}{cell[1]}"


def moved(formula: str, cell: Cell, target: Cell) -> str:
    return str(Translator(formula, origin=name_of(cell)).translate_formula(name_of(target)))


# Each takes a book, a cell, its block and a random generator, and returns formulas, or none.
Formulas = dict[Cell, str]
Mutate = Callable[[Book, Cell, list[Cell], np.random.Generator], Formulas]

_AREA = re.compile(r"\$?([A-Z]{1,2})\$?(\d+):\$?([A-Z]{1,2})\$?(\d+)")
_ANY = re.compile(r"(?<![A-Z!'])\$?[A-Z]{1,2}\$?\d+(?![(\d])")


def _shifted(book: Book, cell: Cell, block: list[Cell], random: np.random.Generator) -> Formulas:
    down, right = ((0, 1), (1, 0), (1, 1))[random.integers(3)]
    formula = str(book.formula(cell))
    return {cell: moved(formula, cell, (cell[0], cell[1] + down, cell[2] + right))}


def _without_dollar(book: Book, cell: Cell, block: list[Cell], _: object) -> Formulas:
    formula = str(book.formula(block[0]))
    if "$" not in formula or len(block) < 2:
        return {}
    bare = formula.replace("$", "")
    return {one: moved(bare, block[0], one) for one in block[1:4]}


def _other_block(
    book: Book, cell: Cell, block: list[Cell], random: np.random.Generator
) -> Formulas:
    """A whole block further down, or to the right: another channel, another filter."""
    formula = str(book.formula(cell))
    areas = list(_AREA.finditer(formula))
    if not areas:
        return {}
    area = areas[random.integers(len(areas))]
    anchored = area[0].replace("$", "")
    height = int(area[4]) - int(area[2]) + 1
    steps = [(height + gap, 0) for gap in (1, 2, 4)] + [(0, height + gap) for gap in (1, 2)]
    down, right = steps[random.integers(len(steps))]
    other = moved(f"={anchored}", (cell[0], 1, 1), (cell[0], 1 + down, 1 + right))[1:]
    return {cell: formula[: area.start()] + other + formula[area.end() :]}


def _forgotten_term(book: Book, cell: Cell, block: list[Cell], random: object) -> Formulas:
    head, plus, _ = str(book.formula(cell)).rpartition("+")
    return {cell: head} if plus and head.count("(") == head.count(")") else {}


def _constant(book: Book, cell: Cell, block: list[Cell], random: np.random.Generator) -> Formulas:
    return {cell: "="}  # the value on the page, once that is known


def _wrong_sheet(
    book: Book, cell: Cell, block: list[Cell], random: np.random.Generator
) -> Formulas:
    formula = str(book.formula(cell))
    others = [sheet for sheet in book.sheets if sheet not in (cell[0], "_xlbackprop")]
    references = list(_ANY.finditer(formula))
    other = others[random.integers(len(others))]
    if "!" in formula:
        return {cell: re.sub(r"\w+!", f"{other}!", formula)}
    if not references:
        return {}
    start = references[random.integers(len(references))].start()
    if formula[start - 1] == ":":
        return {}
    return {cell: f"{formula[:start]}{other}!{formula[start:]}"}


def _off_by_one(book: Book, cell: Cell, block: list[Cell], random: np.random.Generator) -> Formulas:
    """All areas a row or a column shorter, as with an end that does not count."""
    columns = bool(random.integers(2))

    def shorter(area: re.Match[str]) -> str:
        last = openpyxl.utils.column_index_from_string(area[3])
        if columns and area[1] != area[3]:
            return f"{area[1]}{area[2]}:{get_column_letter(last - 1)}{area[4]}"
        if not columns and area[2] != area[4]:
            return f"{area[1]}{area[2]}:{area[3]}{int(area[4]) - 1}"
        return area[0]

    formula = str(book.formula(cell))
    return {cell: _AREA.sub(shorter, formula)}


def _sign(book: Book, cell: Cell, block: list[Cell], random: np.random.Generator) -> Formulas:
    formula = str(book.formula(cell))
    if random.integers(2) and re.search(r"(?<=[\d)])[+-]", formula):
        swap = {"+": "-", "-": "+"}
        return {cell: re.sub(r"(?<=[\d)])[+-]", lambda m: swap[m[0]], formula, count=1)}
    return {cell: f"=-({formula[1:]})"}


def _hard_coded_rate(book: Book, cell: Cell, block: list[Cell], random: object) -> Formulas:
    formula = str(book.formula(cell))
    return {cell: formula} if re.search(r"training!\$B\$\d+", formula) else {}


KINDS: dict[str, Mutate] = {
    "shifted-range": _shifted,
    "missing-dollar": _without_dollar,
    "wrong-channel": _other_block,
    "forgotten-term": _forgotten_term,
    "constant": _constant,
    "wrong-sheet": _wrong_sheet,
    "off-by-one-window": _off_by_one,
    "sign": _sign,
    "hard-coded-rate": _hard_coded_rate,
}
_PAGES = ("any", "sparse", "equal", "zero")


def find_mutations(folder: Path, of_each: int, seed: int) -> Iterator[Mutation]:
    """Yield a mutation of each kind, so many times over, on all templates in turn."""
    random = np.random.default_rng(seed)
    books = [Book(template, folder) for template in TEMPLATES]
    for number, kind in product(range(of_each), KINDS):
        for turn in range(2_000):
            book = books[(number + list(KINDS).index(kind) + turn) % len(books)]
            mutation = _attempt(book, kind, random)
            if mutation:
                yield mutation
                break
        else:
            raise AssertionError(f"no template has a formula for {kind}")


def _attempt(book: Book, kind: str, random: np.random.Generator) -> Mutation | None:
    cell, block = book.computed[random.integers(len(book.computed))]
    formulas = KINDS[kind](book, cell, block, random)
    cells = list(formulas)
    if not formulas or all(formulas[one] == book.formula(one) for one in cells) != (
        kind == "hard-coded-rate"
    ):
        return None
    for style in _PAGES:
        page = book.numbers(style, random)
        before = book.values(page, {}, cells)
        final = {one: _finished(kind, formulas[one], page, value) for one, value in
                 zip(cells, before, strict=True)}  # fmt: skip
        after = book.values(page, final, cells)
        hidden = [one for one, same in zip(cells, _same(before, after), strict=True) if same]
        if hidden:
            wrong = _wrong_in_general(book, final, cells, random)
            if not wrong.intersection(hidden):
                return None
            return Mutation(kind, book.template, page, final, frozenset(wrong))
    return None


def _finished(kind: str, formula: str, page: Numbers, value: object) -> str:
    if kind == "constant":
        return f"={value!r}"
    if kind == "hard-coded-rate":
        return re.sub(
            r"training!\$B\$(\d+)", lambda match: repr(page["training", int(match[1]), 2]), formula
        )
    return formula


def _wrong_in_general(
    book: Book, formulas: Formulas, cells: list[Cell], random: np.random.Generator
) -> set[Cell]:
    wrong = set()
    for _ in range(6):
        numbers = book.numbers("any", random)
        same = _same(book.values(numbers, {}, cells), book.values(numbers, formulas, cells))
        wrong |= {cell for cell, is_same in zip(cells, same, strict=True) if not is_same}
    return wrong


def _same(before: list[object], after: list[object]) -> np.ndarray:
    """Return where both are numbers, and equal as nearly as formulas are expected to be."""
    pairs = zip(before, after, strict=True)
    return np.array(
        [
            isinstance(a, float) and isinstance(b, float) and abs(a - b) <= 1e-9 + 1e-6 * abs(a)
            for a, b in pairs
        ]
    )
