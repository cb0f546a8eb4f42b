"""Other formulas that mean the same: what people write instead of what a built page has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from openpyxl.utils import absolute_coordinate, quote_sheetname, range_boundaries
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula

import xlbackprop
from tests.support.oracles import workbook
from tests.support.wrong_formulas import Cell, cells_of, name_of

TEMPLATES = [
    "conv5x5x2", "two-conv", "mlp-2-2-2", "conv7x7x3-stride2", "optimizers-adam", "batch-norm",
    "residual-block",
]  # fmt: skip

_PRODUCT = re.compile(r"SUMPRODUCT\(([^(),]+:[^(),]+),([^(),]+:[^(),]+)\)")
_SUM = re.compile(r"SUM\(([^(),!]+:[^(),!]+)\)")
_AREA = re.compile(r"(\$?[A-Z]{1,2}\$?\d+:\$?[A-Z]{1,2}\$?\d+)")
_TIMES = re.compile(r"=(\$?[A-Z]{1,2}\$?\d+)\*(\$?[A-Z]{1,2}\$?\d+)")

Block = tuple[str, tuple[int, int, int, int]]


@dataclass(frozen=True)
class Rewriting:
    """A workbook one formula (or block of formulas) of which was rewritten."""

    kind: str
    path: Path
    cell: str
    formula: str


@dataclass
class Page:
    """An open workbook, the cell to be rewritten, and the block in which it is."""

    book: Any
    cell: Cell
    block: Block

    @property
    def formula(self) -> str:
        value = self.book[self.cell[0]].cell(*self.cell[1:]).value
        return value if isinstance(value, str) else ""

    def put(self, formula: str, *, array: bool = False) -> str:
        place = self.book[self.cell[0]].cell(*self.cell[1:])
        place.value = ArrayFormula(place.coordinate, formula) if array else formula
        return formula


def _single_cells(area: str) -> list[str]:
    left, top, right, bottom = range_boundaries(area.replace("$", ""))
    return [name_of(cell) for cell in cells_of("", (left, top, right, bottom))]


def _rows(area: str) -> list[str]:
    left, top, right, bottom = range_boundaries(area.replace("$", ""))
    return [
        f"{name_of(('', row, left))}:{name_of(('', row, right))}" for row in range(top, bottom + 1)
    ]


def _with_products(page: Page, write: Callable[[str, str], str], *, array: bool = False) -> str:
    if not _PRODUCT.search(page.formula) or "!" in page.formula:
        return ""
    rewritten = _PRODUCT.sub(lambda found: write(found[1], found[2]), page.formula)
    return page.put(rewritten, array=array)


def _spelled_out(page: Page) -> str:
    def spelled(left: str, right: str) -> str:
        pairs = zip(_single_cells(left), _single_cells(right), strict=True)
        return "(" + "+".join(f"{a}*{b}" for a, b in pairs) + ")"

    return _with_products(page, spelled)


def _matrix_product(page: Page) -> str:
    def rows(left: str, right: str) -> str:
        pairs = zip(_rows(left), _rows(right), strict=True)
        return "(" + "+".join(f"MMULT({a},TRANSPOSE({b}))" for a, b in pairs) + ")"

    return _with_products(page, rows, array=True)


def _sum_of_an_array(page: Page) -> str:
    return _with_products(page, lambda left, right: f"SUM({left}*{right})", array=True)


def _product_in_one_argument(page: Page) -> str:
    return _with_products(page, lambda left, right: f"SUMPRODUCT({right}*{left})")


def _swapped(page: Page) -> str:
    if found := _TIMES.fullmatch(page.formula):
        return page.put(f"={found[2]}*{found[1]}")
    return _with_products(page, lambda left, right: f"SUMPRODUCT({right},{left})")


def _terms_in_another_order(page: Page) -> str:
    head, plus, last = page.formula.removeprefix("=").rpartition("+")
    balanced = head.count("(") == head.count(")") and "-" not in head and "/" not in head
    return page.put(f"={last}+{head}") if plus and balanced else ""


def _named_range(page: Page) -> str:
    found = _AREA.search(page.formula)
    if not found or "!" in page.formula:
        return ""
    anchored = absolute_coordinate(found[0].replace("$", ""))
    page.book.defined_names["my_window"] = DefinedName(
        "my_window", attr_text=f"{quote_sheetname(page.cell[0])}!{anchored}"
    )
    return page.put(page.formula.replace(found[0], "my_window", 1))


def _let(page: Page) -> str:
    inner = page.formula.removeprefix("=")
    return page.put(f"=_xlfn.LET(_xlpm.x,{inner},_xlpm.y,2*_xlpm.x,_xlpm.y-_xlpm.x)")


def _lambda(page: Page) -> str:
    inner = page.formula.removeprefix("=")
    return page.put(f"=_xlfn.LAMBDA(_xlpm.x,_xlpm.x/4)(4*({inner}))")


def _sum_spelled_out(page: Page) -> str:
    if not _SUM.search(page.formula):
        return ""
    rewritten = _SUM.sub(lambda found: "(" + "+".join(_single_cells(found[1])) + ")", page.formula)
    return page.put(rewritten)


def _array_block(page: Page) -> str:
    """One array formula for a whole block that copies another."""
    sheet, (left, top, right, bottom) = page.block
    first = page.book[sheet].cell(top, left).value
    found = re.fullmatch(r"=(\w+!|)([A-Z]{1,2}\d+)", str(first))
    if not found or (left, top) == (right, bottom):
        return ""
    column, row, *_ = range_boundaries(found[2])
    last = name_of(("", row + bottom - top, column + right - left))
    formula = f"={found[1]}{found[2]}:{last}"
    for one in cells_of(sheet, (left, top, right, bottom)):
        page.book[sheet].cell(*one[1:]).value = None
    ref = f"{name_of((sheet, top, left))}:{name_of((sheet, bottom, right))}"
    page.book[sheet].cell(top, left).value = ArrayFormula(ref, formula)
    return formula


def _roundabout(page: Page) -> str:
    inner = page.formula.removeprefix("=")
    return page.put(f"=IF(1<2,-(-({inner})),NA())+0")


KINDS: dict[str, Callable[[Page], str]] = {
    "spelled-out": _spelled_out,
    "matrix-product": _matrix_product,
    "sum-of-an-array": _sum_of_an_array,
    "product-in-one-argument": _product_in_one_argument,
    "swapped": _swapped,
    "terms-in-another-order": _terms_in_another_order,
    "named-range": _named_range,
    "let": _let,
    "lambda": _lambda,
    "sum-spelled-out": _sum_spelled_out,
    "array-block": _array_block,
    "roundabout": _roundabout,
}


def find_rewritings(folder: Path, of_each: int, seed: int) -> Iterator[Rewriting]:
    """Yield a workbook of each kind, so many times over, on all templates in turn."""
    random = np.random.default_rng(seed)
    built = {
        template: xlbackprop.build(template, folder / f"{template}.xlsx") for template in TEMPLATES
    }
    blocks = {template: _computed_blocks(path) for template, path in built.items()}
    for number, kind in product(range(of_each), KINDS):
        for turn in range(100):
            template = TEMPLATES[(number + list(KINDS).index(kind) + turn) % len(TEMPLATES)]
            path = folder / f"{kind}{number}.xlsx"
            rewriting = _rewrite(kind, built[template], blocks[template], path, random)
            if rewriting:
                yield rewriting
                break
        else:
            raise AssertionError(f"no template has a formula for {kind}")


def _computed_blocks(path: Path) -> list[Block]:
    kinds = {tensor.name: tensor.kind for tensor in xlbackprop.inspect(path).tensors}
    return [
        (sheet, bounds)
        for name, own in workbook.places(path).items()
        for _, sheet, bounds in own
        if kinds[name] not in ("given", "parameter")
    ]


def _rewrite(
    kind: str, built: Path, blocks: list[Block], path: Path, random: np.random.Generator
) -> Rewriting | None:
    book = openpyxl.load_workbook(built)
    for chosen in random.permutation(len(blocks)):
        cells = list(cells_of(*blocks[chosen]))
        cell = cells[random.integers(len(cells))]
        page = Page(book, cell, blocks[chosen])
        formula = KINDS[kind](page) if page.formula.startswith("=") else ""
        if formula:
            book.save(path)
            return Rewriting(kind, path, f"{cell[0]}!{name_of(cell)}", formula)
    return None
