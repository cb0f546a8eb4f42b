"""A workbook's formulas as arrays: groups, their order, draws, and what is not known."""

import time
from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xlbackprop
from tests.support.formula_pages import UNKNOWN, contents, ours, same, value_at, write
from tests.support.oracles import libreoffice
from xlbackprop.formula.addresses import column_name, read_cell
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets import computation as computing
from xlbackprop.formula.sheets import groups as grouping
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents, SharedFormula, SheetContents
from xlbackprop.formula.sheets.forms import forms_of
from xlbackprop.formula.sheets.groups import group
from xlbackprop.formula.sheets.plane import Plane
from xlbackprop.formula.tokens import SLOT
from xlbackprop.workbook.read.workbook import open_workbook

TEMPLATES = ["conv5x5x2", "mlp-2-2-2", "digit", "batch-norm", "optimizers-adam", "residual-block"]


def computed(cells, **options):
    """Return the computation of one sheet, and its board."""
    computation = Computation(Contents([contents(cells)], **options))
    return computation, computation.page()


def index(computation, address, sheet=0):
    row, column = read_cell(address)
    return int(computation.plane.indices(sheet, np.array([row]), np.array([column]))[0])


def values(cells, addresses, **options):
    computation, board = computed(cells, **options)
    return [value_at(board, index(computation, address)) for address in addresses]


def read(path):
    """Return a workbook's contents, as they are stored."""
    sheets = []
    with open_workbook(path) as workbook:
        for name in workbook.sheets:
            cells = workbook.cells(name)
            at = np.flatnonzero(cells.formulas.present)
            texts = [cells.formula(int(one)).encode() for one in at]
            sheets.append(
                SheetContents(
                    name, cells.rows, cells.columns, cells.states, cells.numbers,
                    cells.texts.get, texts, at,
                )
            )  # fmt: skip
        names = dict(workbook.names)
    return Contents(sheets, lambda name, sheet: names.get(name))  # noqa: ARG005


# Forms.


def forms(texts):
    rows = np.arange(len(texts))
    blank = np.zeros(len(texts), dtype=np.int8)
    sheet = SheetContents(
        "Sheet1", rows, rows * 0, blank, rows * np.nan,
        formulas=[text.encode() for text in texts], with_formula=rows,
    )  # fmt: skip
    return list(forms_of(sheet))


def test_formulas_that_refer_elsewhere_are_one_form():
    (form,) = forms(["SUM(B2:C3)*D$1", "SUM(B3:C4)*D$1", "SUM(B9:C8)*D$7"])
    assert form.skeleton == f"SUM({SLOT})*{SLOT}"
    assert form.cells.tolist() == [0, 1, 2]
    assert [slot.size for slot in form.slots] == [(2, 2), (1, 1)]
    assert form.slots[0].tops.tolist() == [1, 2, 7]
    assert form.slots[1].tops.tolist() == [0, 0, 6]


@pytest.mark.parametrize(
    "texts",
    [
        ["A1*0.05", "A1*0.50"],
        ["LOG10(A1)", "LOG20(A1)"],
        ["conv1!A1", "conv2!A1"],
        ["'It''s 1'!A1", "'It''s 2'!A1"],
        ['A1&"1"', 'A1&"2"'],
        ["SUM(A1:A2)", "SUM(A1:A3)"],
        ["A1+B05", "A1+B55"],
        ["A1048576", "A1048577"],
        ["A1+1234567890123456789", "A1+1234567890123456780"],
        ["[1]S!A1", "[2]S!A1"],
        ["T1[A1]", "T2[A1]"],
    ],
)
def test_formulas_that_differ_otherwise_are_not_one_form(texts):
    assert sorted(form.cells.tolist() for form in forms(texts)) == [[0], [1]]


def test_names_that_look_like_rows_beyond_the_sheet_are_no_references():
    by_cell = {int(form.cells[0]): form for form in forms(["A1048576", "A1048577", "A0000001"])}
    assert [len(by_cell[number].slots) for number in range(3)] == [1, 0, 0]


@given(
    st.lists(
        st.tuples(st.integers(1, 1200), st.integers(1, 9), st.sampled_from(["A", "BC", "$D$"])),
        min_size=1,
        max_size=20,
    )
)
def test_forms_are_what_each_formula_says_by_itself(parts):
    texts = [f"{column}{row}*{digit}+x{digit}!B{row}" for row, digit, column in parts]
    found = {}
    for form in forms(texts):
        for at, cell in enumerate(form.cells.tolist()):
            found[cell] = (form.skeleton, [(one.tops[at], one.lefts[at]) for one in form.slots])
    for number, text in enumerate(texts):
        (alone,) = forms([text])
        assert found[number][0] == alone.skeleton
        assert found[number][1] == [(one.tops[0], one.lefts[0]) for one in alone.slots]


def shared(text, row, column, cells):
    """Return a sheet whose cells, (row, column), share a formula; and numbers 1, 2, … in A to D."""
    table = [(r, c) for r in range(6) for c in range(4)]
    places = [*table, *cells]
    codes = np.array([Code.NUMBER] * len(table) + [Code.BLANK] * len(cells), dtype=np.int8)
    numbers = np.array([*range(1, len(table) + 1), *[np.nan] * len(cells)], dtype=float)
    at = np.arange(len(table), len(places))
    rows, columns = (np.array([place[axis] for place in places]) for axis in (0, 1))
    return SheetContents(
        "Sheet1", rows, columns, codes, numbers, shared=[SharedFormula(text, row, column, at)]
    )


def test_shared_formula_is_moved_to_each_cell():
    cells = [(0, 6), (1, 6), (2, 7), (5, 6)]
    computation = Computation(Contents([shared("A1*$B$1+SUM(A$1:A2)", 0, 6, cells)]))
    board = computation.page()
    rows, columns = (np.array([cell[axis] for cell in cells]) for axis in (0, 1))
    found = board.numbers[computation.plane.indices(0, rows, columns), 0]
    table = np.arange(1.0, 25).reshape(6, 4)
    # The last one's sum goes one row beyond the table, where nothing stands.
    sums = [table[:2, 0].sum(), table[:3, 0].sum(), table[:4, 1].sum(), table[:, 0].sum()]
    first = [table[row, column - 6] for row, column in cells]
    np.testing.assert_allclose(found, np.array(first) * 2 + sums)


def test_shared_formula_that_leaves_the_sheet_is_not_known():
    computation = Computation(Contents([shared("A1", 3, 6, [(3, 6), (2, 6)])]))
    board = computation.page()
    assert value_at(board, index(computation, "G4")) == 1
    assert value_at(board, index(computation, "G3")) == UNKNOWN


# Values.


@pytest.mark.parametrize("template", TEMPLATES)
def test_template_is_evaluated_to_what_is_saved(template, tmp_path):
    found = read(xlbackprop.build(template, tmp_path / "page.xlsx"))
    computation = Computation(found)
    board = computation.page()
    assert not computation.unknown
    for number, sheet in enumerate(found.sheets):
        at = sheet.with_formula
        cells = computation.plane.indices(number, sheet.rows[at], sheet.columns[at])
        np.testing.assert_allclose(board.numbers[cells, 0], sheet.numbers[at], 1e-12, 1e-14)


def test_template_has_few_groups(tmp_path):
    found = read(xlbackprop.build("digit", tmp_path / "page.xlsx"))
    formulas = sum(len(sheet.with_formula) for sheet in found.sheets)
    assert len(group(found, Plane(found.sheets)).groups) < formulas / 300


def test_cells_of_other_sheets_and_names_count():
    first = contents({"A1": 2, "B1": "='It''s 2'!A1*rate+factor+SUM(there)"})
    other = contents({"A1": 5, "A2": 7}, name="It's 2")
    names = {"rate": "3", "factor": "Sheet1!$A$1", "there": "'It''s 2'!$A$1:$A$2"}
    computation = Computation(Contents([first, other], lambda name, _: names.get(name)))
    assert value_at(computation.page(), index(computation, "B1")) == 5 * 3 + 2 + 12


def test_chain_of_cells_in_one_column_is_followed():
    cells = {"A1": 1} | {f"A{row}": f"=A{row - 1}*2-B{row}" for row in range(2, 60)}
    cells |= {f"B{row}": f"=A{row - 1}/2" for row in range(2, 60)}
    expected = 1.0
    for _ in range(58):
        expected = expected * 2 - expected / 2
    assert values(cells, ["A59"]) == [pytest.approx(expected)]


def test_groups_that_rest_on_one_another_are_put_in_order():
    # Each row refers to the row before in one column, and to its own row in another.
    cells = {"A1": 1, "B1": 2}
    for row in range(2, 30):
        cells |= {f"A{row}": f"=B{row - 1}+1", f"B{row}": f"=SUM(A{row}:A{row})*1.5"}
    a, b = 1.0, 2.0
    for _ in range(28):
        a = b + 1
        b = a * 1.5
    assert values(cells, ["A29", "B29"]) == [pytest.approx(a), pytest.approx(b)]


def test_sizes_alone_are_no_dependency():
    assert values({"A1": "=ROWS(A1:A5)*10+COLUMNS(A1:C1)"}, ["A1"]) == [53]


def test_page_is_evaluated_again_and_again_with_other_numbers():
    cells = {"A1": 1, "A2": 2, "B1": "=A1*A2", "B2": "=IF(A1>A2,LN(A1-A2),B1)", "B3": "=SUM(A1:B2)"}
    computation, _ = computed(cells)
    inputs = np.array([index(computation, "A1"), index(computation, "A2")], dtype=np.int32)
    rows = np.array([[3.0, 1.0], [1.0, 3.0], [2.0, 2.0]])
    board = computation.draws(inputs, rows)
    for draw, (a, b) in enumerate(rows.tolist()):
        choice = np.log(a - b) if a > b else a * b
        found = [value_at(board, index(computation, f"B{n}"), draw) for n in (1, 2, 3)]
        assert found == pytest.approx([a * b, choice, a + b + a * b + choice])


@pytest.mark.parametrize("draws", [1, 3])
def test_large_rectangles_that_move_are_what_numpy_makes_of_them(draws):
    """As large ones are evaluated: one formula by itself, each rectangle where it stands."""
    numbers = np.random.default_rng(0).normal(size=(180, 160, draws))
    cells = {f"{column_name(c)}{r + 1}": 1.0 for r in range(180) for c in range(160)}
    corners = [(0, 0), (7, 3), (30, 10), (130, 110)]  # the last one stands out of what is stored
    for at, (r, c) in enumerate(corners):
        moved = f"{column_name(c)}{r + 1}:{column_name(c + 149)}{r + 150}"
        cells[f"GA{at + 1}"] = f"=SUMPRODUCT({moved},$A$1:$ET$150)-SUM({moved})"
    computation, _ = computed(cells)
    rows, columns = np.mgrid[:180, :160]
    inputs = computation.plane.indices(0, rows.ravel(), columns.ravel())
    board = computation.draws(inputs, numbers.reshape(-1, draws).T)
    stored = np.zeros((300, 300, draws))
    stored[:180, :160] = numbers
    for at, (r, c) in enumerate(corners):
        own = stored[r : r + 150, c : c + 150]
        expected = (own * stored[:150, :150]).sum(axis=(0, 1)) - own.sum(axis=(0, 1))
        found = board.numbers[index(computation, f"GA{at + 1}")]
        np.testing.assert_allclose(found, expected, 1e-9, 1e-9)


def test_number_given_to_a_cell_with_a_formula_takes_its_place():
    computation, _ = computed({"A1": 1, "A2": "=A1+1", "A3": "=A2*10"})
    board = computation.draws(np.array([index(computation, "A2")]), np.array([[5.0], [6.0]]))
    assert [value_at(board, index(computation, "A3"), draw) for draw in (0, 1)] == [50, 60]


def test_errors_and_texts_in_some_draws_only():
    cells = {
        "A1": 1,
        "B1": "=1/A1",
        "C1": '=IF(A1>0,A1,"none")',
        "D1": "=SUM(B1:C1)",
        "E1": "=C1+1",
    }
    computation, _ = computed(cells)
    board = computation.draws(
        np.array([index(computation, "A1")]), np.array([[2.0], [0.0], [-1.0]])
    )
    found = [[value_at(board, index(computation, f"{c}1"), d) for c in "BCDE"] for d in range(3)]
    assert found[0] == [0.5, 2, 2.5, 3]
    assert found[1] == ["#DIV/0!", "none", "#DIV/0!", "#VALUE!"]
    assert found[2] == [-1, "none", -1, "#VALUE!"]


@pytest.mark.parametrize("template", ["conv5x5x2", "mlp-2-2-2", "batch-norm"])
def test_draws_are_what_numpy_makes_of_the_network(template, tmp_path):
    path = xlbackprop.build(template, tmp_path / "page.xlsx")
    found, network = read(path), xlbackprop.build_network(xlbackprop.load_spec(template))
    computation, rng = Computation(found), np.random.default_rng(0)
    places = {one.name: one for one in xlbackprop.inspect(path).tensors}
    given_ = {t.name: rng.uniform(0.1, 0.9, (4, *t.shape)) for t in network.inputs}

    def cells(name):
        blocks = places[name].blocks
        return np.concatenate([block_cells(computation, found, one) for one in blocks])

    inputs = np.concatenate([cells(name) for name in given_])
    rows = np.concatenate([array.reshape(4, -1) for array in given_.values()], axis=1)
    board = computation.draws(inputs, rows)
    for draw in range(4):
        arrays = network.evaluate({name: array[draw] for name, array in given_.items()})
        for name, array in arrays.items():
            if name in places:
                np.testing.assert_allclose(
                    board.numbers[cells(name), draw], array.ravel(), 1e-9, 1e-12, err_msg=name
                )


def block_cells(computation, found, block):
    number = [sheet.name for sheet in found.sheets].index(block.sheet)
    area = openpyxl.worksheet.cell_range.CellRange(block.range)
    rows, columns = np.mgrid[area.min_row - 1 : area.max_row, area.min_col - 1 : area.max_col]
    return computation.plane.indices(number, rows.ravel(), columns.ravel())


# What is not known.


@pytest.mark.parametrize(
    "formula",
    ["FOO(A1)", "A1:A3*2", "SUM(A1:A3*2)", "[1]S!A1", "nobody+1", "nowhere!A1", "A1#", "1+",
     "SUM(A:A)", "A1:A2 A2:A3", "INDIRECT(\"A1\")", "SUMPRODUCT(IF(A1:A3>1,1,0))", "ROW(A3)",
     "(-8)^(1/3)", "Table1[x]", "S1:S2!A1", "EXP(1,2)"],
)  # fmt: skip
def test_what_is_not_known_is_left_to_others_with_all_that_rests_on_it(formula):
    cells = {"A1": 1, "A2": 2, "A3": 3, "C1": f"={formula}", "C2": "=C1*2", "C3": "=A1+1",
             "C4": "=IF(A1>0,A2,C1)", "C5": "=IFERROR(C2,0)", "C6": "=SUM(C3:C5)"}  # fmt: skip
    found = values(cells, ["C1", "C2", "C3", "C4", "C5", "C6"])
    assert found == [UNKNOWN, UNKNOWN, 2, 2, UNKNOWN, UNKNOWN]


def test_what_is_marked_as_unknown_is_unknown():
    sheet = replace(
        contents({"A1": 1, "A2": 2, "B1": "=A1+1", "B2": "=A2+1"}), unknown=np.array([1])
    )
    computation = Computation(Contents([sheet]))
    board = computation.page()
    assert [value_at(board, index(computation, c)) for c in ("A2", "B1", "B2")] == [
        UNKNOWN, 2, UNKNOWN,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "circular"),
    [
        ({"A1": "=A1+1", "B1": "=A1", "C1": "=1"}, {"A1", "B1"}),
        ({"A1": "=B1", "B1": "=C1*2", "C1": "=A1", "D1": "=2"}, {"A1", "B1", "C1"}),
        (
            {f"A{n}": f"=A{n - 1}+1" for n in range(2, 9)} | {"A1": "=A8"},
            {f"A{n}" for n in range(1, 9)},
        ),
    ],
    ids=["itself", "three", "column"],
)
def test_circles_are_not_known_and_stop_nothing_else(cells, circular):
    computation, board = computed(cells)
    for address in cells:
        is_unknown = value_at(board, index(computation, address)) == UNKNOWN
        assert is_unknown == (address in circular)


def test_sparse_page_is_refused():
    cells = {"A1": 1, "XFD1048576": "=A1+1"}
    with pytest.raises(NotKnown, match="far apart"):
        computed(cells)


def test_too_many_kinds_of_formulas_are_refused(monkeypatch):
    monkeypatch.setattr(grouping, "MOST_GROUPS", 5)
    with pytest.raises(NotKnown, match="different kinds"):
        computed({f"A{row}": f"=1{'+1' * row}" for row in range(1, 9)})


def test_formulas_that_refer_to_too_much_are_not_known(monkeypatch):
    monkeypatch.setattr(computing, "MOST_NUMBERS", 30)
    monkeypatch.setattr(computing, "CHEAP", 0.5)
    cells = {"A1": 1, "B1": "=SUM(A1:A2)", "B2": "=SUM(A1:A30)", "B3": "=B2+1", "B4": "=B1+1"}
    assert values(cells, ["B1", "B2", "B3", "B4"]) == [1, UNKNOWN, UNKNOWN, 2]


def test_huge_ranges_of_many_cells_are_passed_over_at_once():
    cells = {"A1": 1, "B1": "=A1+1"}
    cells |= {f"C{row}": f"=SUM($A$1:$B$1048575)+{row}" for row in range(1, 300)}
    start = time.perf_counter()
    assert values(cells, ["B1", "C299"]) == [2, UNKNOWN]
    assert time.perf_counter() - start < 2


HOSTILE = {
    "nested": ["=" + "(" * 60 + "A1" + ")" * 60, "=" + "IF(A1>0," * 60 + "1" + ",2)" * 60],
    "powers": ["=9^9^9^9^9", "=A1^A1^A1^A1"],
    "long-number": ["=" + "9" * 8000, "=0." + "0" * 8000 + "1"],
    "signs": ["=" + "-" * 8000 + "1"],
    "sum": ["=" + "+".join(["A1"] * 2000)],
    "percent": ["=1" + "%" * 5000],
    "text": ['="' + "x" * 8000 + '"&A1'],
    "empty": ["=", "= ", "=()"],
}


@pytest.mark.parametrize("formulas", HOSTILE.values(), ids=HOSTILE)
def test_hostile_formulas_end_at_once(formulas):
    cells = {"A1": 9} | {f"B{row}": text for row, text in enumerate(formulas, 1)}
    start = time.perf_counter()
    computation, board = computed(cells)
    for row in range(1, len(formulas) + 1):
        value_at(board, index(computation, f"B{row}"))
    assert time.perf_counter() - start < 2


def test_long_chains_end_in_time():
    cells = {"A1": 1} | {f"A{row}": f"=A{row - 1}+1" for row in range(2, 30_001)}
    start = time.perf_counter()
    computation, board = computed(cells)
    assert value_at(board, index(computation, "A10000")) == 10_000
    # Beyond so many levels a chain is left to others.
    assert value_at(board, index(computation, "A30000")) == UNKNOWN
    assert time.perf_counter() - start < 30


def test_many_errors_end_in_time():
    cells = {"A1": 0, "A2": "=1/A1"} | {f"B{row}": f"=$A$2+{row}" for row in range(1, 3)}
    cells |= {f"C{row}": f"=$A$2*B{1 + row % 2}" for row in range(1, 20_001)}
    start = time.perf_counter()
    _, board = computed(cells)
    assert (board.codes == Code.DIV).sum() == 20_003
    assert time.perf_counter() - start < 20


# Array by array and cell by cell.


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_arrays_and_single_cells_give_the_same(seed):
    """Each formula twice: among cells of numbers, as arrays, and among these and a text, singly."""
    rng = np.random.default_rng(seed)
    table = {
        f"{'ABCD'[c]}{r + 1}": float(x) for (r, c), x in np.ndenumerate(rng.normal(size=(4, 4)))
    }
    formulas = [
        "SUMPRODUCT(A1:B2,C3:D4)+A1", "MAX(A1:D4)-MIN(A1:B2,C1)", "IF(A1>B1,EXP(C1),C2^2)",
        "AVERAGE(A1:D1)*SUMSQ(A2:D2)", "SUMXMY2(A1:B2,C1:D2)", "VAR(A1:D2)", "1/(1+EXP(-A3))",
        "INDEX(A1:D4,2,3)+ABS(B2)", "SUM(MMULT(A1:B2,C1:D2))", "IF(AND(A1>0,B1>0),1,0)+TANH(D4)",
        "ROUND(A1*B2,2)+SIGN(C3)", "CHOOSE(2,A1,B1)+SQRT(ABS(D1))",
    ]  # fmt: skip
    for one, other in zip(
        ours(table, formulas), ours(table, [f'IF(""="",{f},0)' for f in formulas]), strict=True
    ):
        assert one == pytest.approx(other, rel=1e-13, abs=1e-15)


ARRAY_PAGE = {
    "A1": 1.0, "B1": 2.0, "A2": 3.0, "B2": -4.0, "A3": "a text", "B3": True,
    "D1:E2": "=MMULT(A1:B2,A1:B2)", "D4:F5": "=A1:B2*2", "G1:H3": "=IF(A1:B3>0,A1:B3,-1)",
    "J1:K2": "=1/(A1:B2-1)", "J4:K5": "=IFERROR(1/(A1:B2-1),7)", "M1:M1": "=SUM(A1:B2*A1:B2)",
    "N1:O4": "=A1:B4", "P1:Q2": "=A1:B1", "R1:R1": "=A1:B2", "S1:T2": "=A1:B2&\"x\"",
    "U1:V2": "=A1:B2>0", "W1:X2": "=MMULT(A2:B3,A1:B2)", "Y1": "=SUM(D1:E2)+K5",
}  # fmt: skip


def array_values():
    computation, board = computed(ARRAY_PAGE)
    found = {}
    for area in ARRAY_PAGE:
        first, _, last = area.partition(":")
        (top, left), (bottom, right) = read_cell(first), read_cell(last or first)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                at = computation.plane.indices(0, np.array([row]), np.array([column]))
                found[row, column] = value_at(board, int(at[0]))
    return found


def test_array_formulas_fill_their_cells():
    found = array_values()
    assert [found[row, column] for row in (0, 1) for column in (3, 4)] == [7, -6, -9, 22]
    assert [found[row, column] for row in range(3) for column in (6, 7)][:4] == [1, 2, 3, -1]
    assert [found[0, 9], found[3, 9], found[0, 12], found[0, 17]] == ["#DIV/0!", 7, 30, 1]
    assert [found[0, 18], found[1, 21], found[0, 22], found[0, 24]] == [
        "1x",
        False,
        "#VALUE!",
        14 - 0.2,
    ]
    assert found[3, 3] is UNKNOWN  # a column of its area is left blank


@pytest.mark.libreoffice
def test_array_formulas_are_what_libreoffice_makes_of_them(tmp_path):
    write(tmp_path / "page.xlsx", ARRAY_PAGE, [])
    (copy,) = libreoffice.recalculate([tmp_path / "page.xlsx"], tmp_path)
    sheet = openpyxl.load_workbook(copy, data_only=True).active
    found = {place: value for place, value in array_values().items() if value is not UNKNOWN}
    other = {(row, column): sheet.cell(row + 1, column + 1).value or 0 for row, column in found}
    for values_ in (found, other):  # LibreOffice saves TRUE as a number
        values_.update({at: float(one) for at, one in values_.items() if isinstance(one, bool)})
    different = [place for place in found if not same(found[place], other[place])]
    assert len(found) > 50
    assert not different, [(place, found[place], other[place]) for place in different]


def test_array_formula_in_a_circle_is_not_known():
    cells = {"A1:B2": "=MMULT(C1:D2,C1:D2)", "C1": "=SUM(A1:B2)", "D1": 1.0, "C2": 2.0, "D2": 2.0}
    assert values(cells | {"E1": "=D2+1"}, ["A1", "B1", "C1", "E1"]) == [UNKNOWN] * 3 + [3]


def test_array_formulas_that_are_too_large_are_not_known():
    start = time.perf_counter()
    cells = {"A1": 1.0, "A2": 2.0, "B1": "=A1+1", "C1:XFD1048576": "=A1:A2", "D1": 7.0, "A3": "=D1"}
    cells |= {"A4:A5": "=SUM(A1:A50000*TRANSPOSE(A1:A50000))"}
    assert values(cells, ["B1", "A3", "A4"]) == [2, UNKNOWN, UNKNOWN]
    assert time.perf_counter() - start < 1


def test_array_formula_is_a_formula_for_each_cell_where_that_comes_to_the_same():
    cells = {"A1": 1.0, "B1": 2.0, "A2": 3.0, "B2": 4.0, "A3": "text", "B3": 6.0}
    cells |= {"D1:E2": "=A1:B2-0.5*A1:B1", "D3:E4": "=MMULT(A1:B2,TRANSPOSE(D1:E2))"}
    cells |= {"D5:E6": "=MMULT(A2:B3,A1:B2)", "D7:E8": "=A1:B2/SUM(A1:B2)"}
    cells |= {"D9:E10": "=A1:B2+{1,2;3,4}"}
    computation = Computation(Contents([contents(cells)]))
    found = {
        int(group.rows[0]): sum(place.size[0] * place.size[1] for place in group.places)
        for group in computation.groups
        if not group.is_array
    }
    # Those with a text among their factors, and with constants, stay one operation.
    assert found == {0: 2, 2: 4, 6: 5}
