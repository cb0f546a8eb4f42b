"""What the engine gets wrong, as a table: an entry fails here when a newer engine mends it.

Such a cell is judged by what was saved, or by what LibreOffice makes of it, unless the program's
own evaluator knows it. What the engine does compute stands in a second table, so that neither is a
matter of belief.
"""

import os

import numpy as np
import openpyxl
import pytest
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

import xlbackprop
from tests.support.filling import fill
from tests.support.oracles import libreoffice
from tests.support.running_engine import engine_with
from xlbackprop.workbook.engine.cell_list import CellList
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.read.cells import State

# A1:A3 is 1, 2, 3 and B1:B3 is 4, 5, 6; C1 is 1E-17. A formula in braces is an array formula.
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
    "=IF(C1>0,7,8)": 7.0,
    "=SUM(list)": 6.0,  # an array by name
    "=INDEX(list,2)": 2.0,
    "=SUMPRODUCT(LOG(A1:A3,2))": np.log2(6),
    "=SUMPRODUCT(ROUND(A1:A3/2,0))": 4.0,
    "=SUMPRODUCT(ISNUMBER(A1:A3)*1)": 3.0,
    "=SUMPRODUCT(COUNTIF(A1:A3,A1:A3))": 3.0,
    "=SUMPRODUCT(N(A1:A3))": 6.0,
    "=SUM(CHOOSE({1,2},A1:A3,B1:B3))": 21.0,
    "{=AVERAGE(IF(A1:A3>1,B1:B3))}": 5.5,
    "{=PRODUCT(A1:A3+1)}": 24.0,
    "{=SUM(ISERROR(1/(A1:A3-1))*1)}": 1.0,
    "{=SUM(TRUNC(A1:A3/2))}": 2.0,
    "{=SUM(CEILING(A1:A3,2))}": 8.0,
    "{=SUM(ATAN2(A1:A3,B1:B3))}": np.arctan2([4, 5, 6], [1, 2, 3]).sum(),
    "{=INDEX(A1:A3,{1;3})}": 1.0,  # as a rotation is spilled
    "{=SUM(INDEX(A1:A3,N(IF(1,{1;3}))))}": 4.0,
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
    "=SUMPRODUCT(IF(A1:A3>1,A1:A3,0))": 5.0,
    "=SUMPRODUCT(POWER(A1:A3,2))": 14.0,
    "{=SUM(EXP(A1:A3))}": np.exp([1, 2, 3]).sum(),
    "{=SUM(IFERROR(1/(A1:A3-1),0))}": 1.5,
    "{=MAX(IF(A1:A3>1,A1:A3))}": 3.0,
    "{=SUM((ROW(A1:A3)=COLUMN(A1:C1))*1)}": 3.0,
    "==A2*3": 6.0,  # as exceljs and excelize write it into the file
}
# What the LibreOffice of many machines does not know yet; Excel's own documentation has it.
COMPUTED_OF_LATE = {
    "=INDEX(_xlfn.SORTBY(A1:A3,B1:B3,-1),1)": 3.0,
    "{=SUM(INDEX(_xlfn._xlws.SORT(A1:A3,1,-1),1))}": 3.0,
    "=SUM(_xlfn._xlws.FILTER(A1:A3,A1:A3>1))": 5.0,
    "=_xlfn.LET(_xlpm.x,3,_xlpm.x*2)": 6.0,
    "=SUM(_xlfn.ANCHORARRAY(F1))": 12.0,  # what is spilled from F1
}
ROW = 1  # from 0: the second row


def start_book(book):
    sheet = book.add_worksheet("S")
    sheet.write_column("A1", [1, 2, 3])
    sheet.write_column("B1", [4, 5, 6])
    sheet.write("C1", 1e-17)
    book.define_name("rate", "=0.5")
    book.define_name("both", "=S!$B$1:$B$3")
    book.define_name("twice", "=SUM(S!$A$1:$A$3)*2")
    book.define_name("list", "={1,2,3}")
    sheet.write_dynamic_array_formula("F1:F3", "=A1:A3*2", None, 0)
    return sheet


def write(sheet, column, formula, saved=0):
    if formula.startswith("{"):
        sheet.write_array_formula(ROW, column, ROW, column, formula, None, saved)
    else:
        sheet.write_formula(ROW, column, formula, None, saved)


FIRST = 7  # the column of the first formula; the sheet's numbers are left of it


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """What the engine makes of each formula: a number, or the text of an error."""
    path = tmp_path_factory.mktemp("gaps") / "book.xlsx"
    formulas = [*GAPS, *COMPUTED, *COMPUTED_OF_LATE]
    write_all(path, formulas)
    columns = range(FIRST, FIRST + len(formulas))
    cells = CellList(("S",), np.array([[0, ROW, column] for column in columns], np.int32))
    with engine_with(path, Limits(seconds=30)) as engine:
        values = engine.values(cells)
    return {
        formula: values.numbers[at] if values.kinds[at] == State.NUMBER else values.texts.get(at)
        for at, formula in enumerate(formulas)
    }


def write_all(path, formulas):
    with xlsxwriter.Workbook(path) as book:
        sheet = start_book(book)
        for column, formula in enumerate(formulas, start=FIRST):
            write(sheet, column, formula)


@pytest.mark.parametrize(("formula", "right"), GAPS.items())
def test_known_gap_is_one_still(formula, right, computed):
    assert computed[formula] != pytest.approx(right), "mended: an entry for the other table"


@pytest.mark.parametrize(("formula", "right"), (COMPUTED | COMPUTED_OF_LATE).items())
def test_what_the_engine_computes_is_right(formula, right, computed):
    assert computed[formula] == pytest.approx(right)


SPEC = """name = "gaps"
input = [1]
[[layers]]
type = "dense"
units = {units}
bias = false
[loss]
type = "given"
"""
MAP = """spec = "gaps.toml"
sheet = "S"
[tensors]
dense1.h = "A1"
dense1.w = "H4:{last}4"
dense1.out = "H2:{last}2"
"""


# The gaps that the evaluator fills.
EVALUATED = {
    "=INDEX(A1,1)", "=INDEX($A$1,COLUMNS($A1:A1),ROWS(A$1:A1))", "=SUMPRODUCT(MOD(A1:A3,2))",
    "=IF(A1*1E-17>0,7,8)", "=IF(C1>0,7,8)", "=SUMPRODUCT(LOG(A1:A3,2))",
    "=SUMPRODUCT(ROUND(A1:A3/2,0))", "=SUMPRODUCT(N(A1:A3))", "{=SUM(MOD(A1:A3,2))}",
    "{=SUM(LOG(A1:A3,2))}", "{=SUM(ROUND(A1:A3/2,0))}", "{=COUNT(1/(A1:A3>1))}",
    "{=COUNT(IF(A1:A3>1,A1:A3))}", "{=AVERAGE(IF(A1:A3>1,B1:B3))}",
}  # fmt: skip
DOUBTED = {formula: right for formula, right in GAPS.items() if formula not in EVALUATED}


def check_saved(folder, off, table=DOUBTED):
    """Check a page whose answers are the formulas that the engine does not compute.

    What is saved of each is `off` beside the number that it has.
    """
    path, numbers = folder / "gaps.xlsx", np.array(list(table.values()))
    with xlsxwriter.Workbook(path) as book:
        sheet = start_book(book)
        sheet.write_row(3, FIRST, numbers)  # the weights of an input of 1
        for column, (formula, number) in enumerate(table.items(), start=FIRST):
            write(sheet, column, formula, number + off)
    last = xl_col_to_name(FIRST + len(table) - 1)
    (folder / "gaps.toml").write_text(SPEC.format(units=len(table)))
    (folder / "map.toml").write_text(MAP.format(last=last))
    return xlbackprop.check(path, map=folder / "map.toml")


def test_right_number_saved_of_a_known_gap_is_right(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)  # no LibreOffice
    report = check_saved(tmp_path, off=0)
    assert (report.verdict, report.counts) == ("right", {"right": len(DOUBTED)})
    assert report.notes == (
        f"{len(DOUBTED)} cells were not recalculated: what was saved there is judged",
    )


def test_wrong_number_saved_of_a_known_gap_is_no_answer(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    counts = check_saved(tmp_path, off=0.5).counts
    assert counts.keys() <= {"wrong", "invalid"}


@pytest.mark.parametrize("off", [0, 0.5])
def test_gap_that_the_evaluator_fills_is_recalculated(off, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    report = check_saved(tmp_path, off, {formula: GAPS[formula] for formula in EVALUATED})
    stale = f"{len(EVALUATED)} saved values were stale: what the formulas give now is judged"
    assert report.counts == {"right": len(EVALUATED)}
    assert report.notes == ((stale,) if off else ())


@pytest.mark.libreoffice
@pytest.mark.parametrize("off", [0, 0.5])
def test_libreoffice_settles_the_known_gaps(off, tmp_path):
    """Where it is installed, what was saved is of no concern."""
    libreoffice.require_libreoffice()
    assert check_saved(tmp_path, off).counts == {"right": len(DOUBTED)}


@pytest.mark.libreoffice
@pytest.mark.parametrize("table", [GAPS, COMPUTED], ids=["gaps", "computed"])
def test_libreoffice_has_the_numbers_of_the_table(table, tmp_path):
    """They are not our own opinion."""
    libreoffice.require_libreoffice()
    path = tmp_path / "all.xlsx"
    write_all(path, table)
    (copy,) = libreoffice.recalculate([path], tmp_path)
    found = openpyxl.load_workbook(copy, data_only=True)["S"]
    numbers = [
        found.cell(ROW + 1, column).value for column in range(FIRST + 1, FIRST + 1 + len(table))
    ]
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


ONES = {
    "dense": ("[1]", "units = 1"),
    "embedding": ("[1]", "vocabulary = 1\nwidth = 1"),
    "conv2d": ("[1, 1, 1]", "filters = 1\nkernel = 1"),
    "conv_transpose2d": ("[1, 1, 1]", "filters = 1\nkernel = 1"),
    "max_pool2d": ("[1, 1, 1]", "kernel = 1"),
    "avg_pool2d": ("[1, 1, 1]", "kernel = 1"),
    "global_avg_pool": ("[1, 1, 1]", ""),
    "batch_norm": ("[1, 1, 1]", ""),  # of a batch of 1 there is no variance
    "flatten": ("[1, 1, 1]", ""),
    "layer_norm": ("[1]", ""),
    "dropout": ("[1]", "rate = 0.5"),
    "softmax": ("[1]", ""),
    "gelu": ("[1]", ""),
}


@pytest.mark.many(quick=["dense-1", "dense-3", "embedding-3"])
@pytest.mark.parametrize(
    ("layer", "batch"),
    [
        pytest.param(layer, batch, id=f"{layer}-{batch}")
        for layer in ONES
        for batch in (1, 3)
        if (layer, batch) != ("batch_norm", 1)
    ],
)
def test_page_of_ours_uses_no_such_idiom(layer, batch, tmp_path):
    """Every dimension is 1: of a matrix of one cell there is no INDEX."""
    shape, options = ONES[layer]
    spec = f'name = "small"\ninput = {shape}\nbatch = {batch}\n'
    spec += f'[[layers]]\ntype = "{layer}"\n{options}\n[[layers]]\ntype = "flatten"\n'
    spec += '[[layers]]\ntype = "dense"\nunits = 1\n[loss]\ntype = "mse"\n'
    path = xlbackprop.build(xlbackprop.parse_spec(spec), tmp_path / "small.xlsx")
    report = xlbackprop.check(path)
    assert (report.verdict, report.notes) == ("right", ())
