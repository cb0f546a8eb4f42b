"""What the engine gets wrong, as a table: an entry fails here when a newer engine mends it.

Such a cell is judged by what was saved, or by what LibreOffice makes of it; these are not. What
the engine does compute stands in a second table, so that neither is a matter of belief.
"""

import numpy as np
import openpyxl
import pytest
import xlsxwriter

import xlbackprop
from tests.support.filling import fill
from tests.support.oracles import libreoffice
from tests.support.running_engine import engine_with
from xlbackprop.workbook.engine.cell_list import CellList
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.read.cells import State

# A1:A3 is 1, 2, 3 and B1:B3 is 4, 5, 6. A formula in braces is an array formula.
GAPS = {
    "=INDEX(A1,1)": 1.0,
    "=INDEX($A$1,COLUMNS($A1:A1),ROWS(A$1:A1))": 1.0,
    "=SUM(INDEX(A1:A3,1):INDEX(A1:A3,2))": 3.0,
    "=SUM(A1:INDEX(A1:A3,2))": 3.0,
    "=SUM(A1:B1 B1:B3)": 4.0,
    "=SUM((A1:A2,B1:B2))": 12.0,
    "=SUMPRODUCT(MOD(A1:A3,2))": 2.0,
    "{=SUM(MOD(A1:A3,2))}": 2.0,
    "{=SUM(LOG(A1:A3,2))}": np.log2(6),
    "{=SUM(ROUND(A1:A3/2,0))}": 4.0,
    "{=IF(AND(ISNUMBER(A1:A3)),7,8)}": 7.0,
    "{=COUNT(1/(A1:A3>1))}": 2.0,
    "{=COUNT(IF(A1:A3>1,A1:A3))}": 2.0,
    "=SUM(LARGE(A1:A3,{1,2}))": 5.0,
    "=IF(A1*1E-17>0,7,8)": 7.0,  # what differs by less than 2.2E-16 is equal
}
COMPUTED = {
    "=SUMPRODUCT(EXP(A1:A3))": np.exp([1, 2, 3]).sum(),
    "=SUMPRODUCT(LN(A1:A3))": np.log(6),
    "=SUMPRODUCT(ABS(A1:A3-2))": 2.0,
    "=SUMPRODUCT(SQRT(A1:A3))": np.sqrt([1, 2, 3]).sum(),
    "{=SUMPRODUCT(IF(A1:A3>1,A1:A3,0))}": 5.0,
    "=SUMPRODUCT(1/(1+EXP(-A1:A3)))": (1 / (1 + np.exp([-1, -2, -3]))).sum(),
    "=SUMPRODUCT(--(A1:A3>1),B1:B3)": 11.0,
    "{=SUM(TANH(A1:A3))}": np.tanh([1, 2, 3]).sum(),
    "{=SUM(MMULT(TRANSPOSE(A1:A3),B1:B3))}": 32.0,
    "=SUM(INDEX(A1:B3,0,2))": 15.0,
    '=SUM(INDIRECT("A1:A3"))': 6.0,
    "=SUM(OFFSET(A1,0,0,3,1))": 6.0,
    "=A1:A3*2": 4.0,  # of a range that stands alone, the cell in the formula's own row
    "=rate*2": 1.0,  # a constant by name
    "=both+0": 5.0,  # the cell in the formula's own row of a range by name
    "=twice": 12.0,  # a formula by name
}
ROW = 1  # from 0: the second row


def start_book(book):
    sheet = book.add_worksheet("S")
    sheet.write_column("A1", [1, 2, 3])
    sheet.write_column("B1", [4, 5, 6])
    book.define_name("rate", "=0.5")
    book.define_name("both", "=S!$B$1:$B$3")
    book.define_name("twice", "=SUM(S!$A$1:$A$3)*2")
    return sheet


def write(sheet, column, formula):
    if formula.startswith("{"):
        sheet.write_array_formula(ROW, column, ROW, column, formula, None, 0)
    else:
        sheet.write_formula(ROW, column, formula, None, 0)


def computed(formula, folder):
    """Return the number, or the text of the error, that the engine makes of a formula in D2."""
    path = folder / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        write(start_book(book), 3, formula)
    with engine_with(path, Limits(seconds=30)) as engine:
        values = engine.values(CellList(("S",), np.array([[0, ROW, 3]], np.int32)))
    return values.numbers[0] if values.kinds[0] == State.NUMBER else values.texts.get(0)


@pytest.mark.parametrize(("formula", "right"), GAPS.items())
def test_known_gap_is_one_still(formula, right, tmp_path):
    found = computed(formula, tmp_path)
    assert found != pytest.approx(right), "mended: an entry for the other table"


@pytest.mark.parametrize(("formula", "right"), COMPUTED.items())
def test_what_the_engine_computes_is_right(formula, right, tmp_path):
    assert computed(formula, tmp_path) == pytest.approx(right)


@pytest.mark.libreoffice
@pytest.mark.parametrize("table", [GAPS, COMPUTED], ids=["gaps", "computed"])
def test_libreoffice_has_the_numbers_of_the_table(table, tmp_path):
    """They are not our own opinion."""
    libreoffice.require_libreoffice()
    path = tmp_path / "all.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = start_book(book)
        for column, formula in enumerate(table, start=3):
            write(sheet, column, formula)
    (copy,) = libreoffice.recalculate([path], tmp_path)
    found = openpyxl.load_workbook(copy, data_only=True)["S"]
    numbers = [found.cell(ROW + 1, column).value for column in range(4, 4 + len(table))]
    assert dict(zip(table, numbers, strict=True)) == pytest.approx(table)


@pytest.mark.parametrize("number", [1e-17, 3e-200])
@pytest.mark.parametrize(("layer", "name"), [("relu", "relu1"), ("leaky_relu", "leaky1")])
def test_page_of_numbers_too_small_for_the_engine_is_right(number, layer, name, tmp_path):
    spec = f'name = "s"\ninput = [2]\n[[layers]]\ntype = "{layer}"\n[loss]\ntype = "given"\n'
    spec += f'[values.arrays]\n"{name}.h" = [{number}, 2.0]\n"{name}.dL_dout" = [3, 4]\n'
    path = xlbackprop.build(xlbackprop.parse_spec(spec), tmp_path / "small.xlsx")
    assert xlbackprop.check(path).verdict == "right"
    place = (f"{name}.dL_dh", (0,))
    fill(path, {place: ("=0", 0.0)})
    assert [(cell.tensor, cell.index) for cell in xlbackprop.check(path).cells] == [place]


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(
    "layer",
    [
        pytest.param('type = "dense"\nunits = 1', id="dense"),
        pytest.param('type = "embedding"\nvocabulary = 1\nwidth = 1', id="embedding"),
    ],
)
def test_page_of_ours_uses_no_such_idiom(layer, batch, tmp_path):
    """One unit on one input: of a matrix of one cell there is no INDEX."""
    last = 'type = "flatten"\n[[layers]]\ntype = "dense"\nunits = 1\n'
    spec = f'name = "small"\ninput = [1]\nbatch = {batch}\n[[layers]]\n{layer}\n'
    spec += f'[[layers]]\n{last}[loss]\ntype = "mse"\n'
    path = xlbackprop.build(xlbackprop.parse_spec(spec), tmp_path / "small.xlsx")
    report = xlbackprop.check(path)
    assert (report.verdict, report.notes) == ("right", ())
