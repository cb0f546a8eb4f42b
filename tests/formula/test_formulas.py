"""The promises about formulas: fill by dragging, old functions only, no longer than they may be."""

import re

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.oracles import workbook

# Functions that Excel 2007, LibreOffice and Google Sheets all have, none of them volatile.
ALLOWED = {"SUMPRODUCT", "SUM", "SUMSQ", "INDEX", "ROWS", "COLUMNS"}

REFERENCE = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([0-9]+)")
STRIDE1 = [
    name
    for name, options in GEOMETRIES.items()
    if options.get("stride", 1) == 1 and options.get("dilation", 1) == 1
]


def r1c1(formula, row, column):
    """Return the formula with relative references as offsets from its own cell."""

    def offset(match):
        fixed_column, letters, fixed_row, digits = match.groups()
        r, c = int(digits), column_index_from_string(letters)
        return (f"R{r}" if fixed_row else f"R[{r - row}]") + (
            f"C{c}" if fixed_column else f"C[{c - column}]"
        )

    return REFERENCE.sub(offset, formula)


def formulas(path):
    """Yield (tensor, block, row, column, formula) of every formula in a block."""
    book = openpyxl.load_workbook(path)
    for name, blocks in workbook.places(path).items():
        for index, sheet, (left, top, right, bottom) in blocks:
            for row in book[sheet].iter_rows(top, bottom, left, right):
                for cell in row:
                    if isinstance(cell.value, str) and cell.value.startswith("="):
                        yield name, index, cell.row, cell.column, cell.value


@pytest.mark.parametrize("name", STRIDE1)
def test_formulas_of_a_block_are_the_same_in_r1c1_terms_at_stride_1(name, tmp_path):
    path = xlbackprop.build(conv_spec(GEOMETRIES[name], loss="mse"), tmp_path / "book.xlsx")
    by_block = {}
    for tensor, index, row, column, formula in formulas(path):
        by_block.setdefault((tensor, index), set()).add(r1c1(formula, row, column))
    assert {tensor for tensor, _ in by_block} >= {"conv1.out", "conv1.dL_dw", "conv1.dL_dh"}
    different = {block: found for block, found in by_block.items() if len(found) > 1}
    assert not different


def test_r1c1_tells_a_formula_that_was_not_dragged():
    assert r1c1("SUM(B3:C4)+$A$1", 3, 2) == r1c1("SUM(C3:D4)+$A$1", 3, 3)
    assert r1c1("SUM(B3:C4)", 3, 2) != r1c1("SUM(B3:C4)", 3, 3)


@pytest.mark.many(quick=[*GEOMETRIES][::4])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_formulas_use_allowed_functions_and_are_not_too_long(name, tmp_path):
    path = xlbackprop.build(conv_spec(GEOMETRIES[name], loss="mse"), tmp_path / "book.xlsx")
    found = list(formulas(path))
    assert found
    for *_, formula in found:
        assert set(re.findall(r"([A-Za-z.]+)\(", formula)) <= ALLOWED
        assert len(formula) <= 8192
        assert "{" not in formula


def test_every_computed_cell_is_a_formula_or_a_zero_by_construction(tmp_path):
    path = xlbackprop.build("conv7x7x3-stride2", tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    places = workbook.places(path)
    kinds = {t.name: t.kind for t in xlbackprop.inspect(path).tensors}
    for name, blocks in places.items():
        for _, sheet, (left, top, right, bottom) in blocks:
            for row in book[sheet].iter_rows(top, bottom, left, right):
                for cell in row:
                    is_formula = isinstance(cell.value, str) and cell.value.startswith("=")
                    if kinds[name] in ("given", "parameter"):
                        assert not is_formula
                    elif kinds[name] == "helper":
                        assert is_formula or cell.value == 0
                    else:
                        assert is_formula, (name, cell.coordinate)


def test_dL_dh_cell_refers_to_one_window_and_one_filter_for_each_filter(tmp_path):  # noqa: N802
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    for tensor, *_, formula in formulas(path):
        if tensor == "conv1.dL_dh":
            terms = formula.removeprefix("=").split("+")
            assert len(terms) == 3
            window_and_filter = r"SUMPRODUCT\([A-Z]+\d+:[A-Z]+\d+,(\$[A-Z]+\$\d+:?){2}\)"
            assert all(re.fullmatch(window_and_filter, term) for term in terms)
