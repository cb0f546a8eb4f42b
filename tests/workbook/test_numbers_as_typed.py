"""What people type where a number belongs: each is told what it is and what to type."""

from pathlib import Path

import pytest

import xlbackprop
from tests.support.filling import fill, patch, places_by_index
from tests.support.stored_cells import put

CASES = Path(__file__).parents[1] / "support" / "data" / "cases"
# dL_dw[1,0,0,1] is -149.58 in the template, and conv1.out[0,0,0] has much that rests on it.
ANSWER = ("conv1.dL_dw", (1, 0, 0, 1))
OUT = ("conv1.out", (0, 0, 0))
GIVEN = ("conv1.h", (0, 0, 0))


@pytest.fixture
def book(tmp_path):
    return xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")


def only_cell(path):
    (cell,) = xlbackprop.check(path).cells
    return cell


AS_TEXT = "a number typed as text: enter it as the number -149.58"
TEXTS = {
    "-149.58": AS_TEXT,
    "\N{MINUS SIGN}149.58": AS_TEXT,
    "\N{EN DASH}\N{NO-BREAK SPACE}149,58": AS_TEXT,
    "\N{ZERO WIDTH NO-BREAK SPACE}-149.58": AS_TEXT,
    "-149.58_x000D_": AS_TEXT,
    "-1234567.891": "a number typed as text: enter it as the number -1234567.891",
    "-14958%": "a percentage typed as text: enter it as the number -149.58",
    "-149 29/50": "a fraction typed as text: enter it as the number -149.58",
    "1,234": (
        "a number typed as text, that may mean 1.234 or 1234: enter the one that you mean as a"
        " number"
    ),
    "=SUM(A1:A3)": (
        "a formula that stands there as text: format the cell as General and enter it again"
    ),
    "1e400": "a number too large for any spreadsheet",
    "05.12.2005": "a date, where a number belongs: format the cell as a number and type it again",
    "see above": "text, where a number belongs",
}


@pytest.mark.parametrize("text", TEXTS)
def test_text_says_what_it_is_and_what_to_type(text, book):
    fill(book, {ANSWER: (None, text)})
    cell = only_cell(book)
    assert (cell.status, cell.note) == ("invalid", TEXTS[text])


@pytest.mark.parametrize("text", ["", " ", "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}", "'"])
@pytest.mark.parametrize("place", [ANSWER, GIVEN], ids=["answer", "given"])
def test_text_of_which_nothing_is_seen_is_blank(text, place, book):
    fill(book, {place: (None, text)})
    report = xlbackprop.check(book)
    assert [c.status for c in report.cells if (c.tensor, c.index) == place] == ["blank"]
    if place == ANSWER:
        assert report.verdict == "incomplete"


# What stands in conv1.out, and what a spreadsheet makes of it further on.
@pytest.mark.parametrize(
    "value",
    [
        True,
        "#DIV/0!",
        (None, "59.33%"),
        (None, "\N{EN DASH}5"),
        (None, "1/2"),
        (None, "x"),
        (None, ""),
    ],
    ids=["truth", "error", "percentage", "dash", "fraction", "text", "empty"],
)
def test_slip_costs_one_cell_and_what_rests_on_it_is_carried(value, book):
    fill(book, {OUT: value})
    report = xlbackprop.check(book)
    own = [c.status for c in report.cells if (c.tensor, c.index) == OUT]
    assert own in (["invalid"], ["blank"])
    assert {c.status for c in report.cells if (c.tensor, c.index) != OUT} <= {"carried"}


@pytest.mark.parametrize("value", [True, "#N/A"], ids=["truth", "error"])
def test_truth_or_error_that_passes_through_a_link_is_carried(value, tmp_path):
    path = xlbackprop.build("two-conv", tmp_path / "book.xlsx")
    first = ("conv1.out", (0, 0, 0))
    fill(path, {first: value})
    report = xlbackprop.check(path)
    assert [c.status for c in report.cells if (c.tensor, c.index) == first] == ["invalid"]
    others = [c for c in report.cells if (c.tensor, c.index) != first]
    assert {c.status for c in others} == {"carried"}
    assert any(c.tensor.endswith(".h") for c in others)


@pytest.mark.parametrize("value", ["#DIV/0!", True, (None, "x"), (None, "")], ids=str)
def test_link_to_an_empty_cell_beside_what_is_no_number_is_wrong(value, tmp_path):
    """The 0 of a cell with nothing in it is not what follows from an error that counts as 0."""
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "book.xlsx")
    link = ("sigmoid1.h", (0,))
    sheet, address = places_by_index(path)[link]
    put(path, sheet, {address: "<f>ZZ99</f><v>0</v>"})
    fill(path, {("dense1.out", (0,)): value})
    report = xlbackprop.check(path)
    assert [c.status for c in report.cells if (c.tensor, c.index) == link] == ["wrong"]
    honest = [c.status for c in report.cells if (c.tensor, c.index) == ("sigmoid1.out", (0,))]
    assert honest == ["carried"]


@pytest.mark.parametrize("text", ["59.33%", "\N{EN DASH}0,59", "0,59", "1/2"])
def test_number_typed_as_text_costs_one_cell_through_arithmetic_and_links(text, tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "book.xlsx")
    fill(path, {("sigmoid1.out", (0,)): (None, text)})
    report = xlbackprop.check(path)
    assert {c.status for c in report.cells if c.tensor != "sigmoid1.out"} == {"carried"}
    assert report.counts["invalid"] == 1


def test_wrong_link_beside_a_truth_is_still_wrong(tmp_path):
    """A truth upstream is no excuse for a reference to another cell."""
    path = xlbackprop.build("two-conv", tmp_path / "book.xlsx")
    link = next(p for p in places_by_index(path) if p[0].endswith(".h") and p[0] != "conv1.h")
    sheet, address = places_by_index(path)[link]
    put(path, sheet, {address: "<f>ZZ99</f><v>0</v>"})
    report = xlbackprop.check(path)
    assert [c.status for c in report.cells if (c.tensor, c.index) == link] == ["wrong"]


def test_both_readings_of_a_number_are_followed(book):
    """1,234 in a given: what rests on it is judged by either meaning."""
    fill(book, {("conv1.b", (0,)): (None, "1,234")})
    report = xlbackprop.check(book)
    assert {c.status for c in report.cells if c.tensor != "conv1.b"} <= {"carried", "wrong"}
    assert [c.note for c in report.cells if c.tensor == "conv1.b"] == [TEXTS["1,234"]]


def test_true_is_found_whatever_its_letters(book):
    sheet, address = places_by_index(book)[ANSWER]
    for value in ("1", "true", "TRUE"):
        put(book, sheet, {address: f't="b"|<v>{value}</v>'})
        assert only_cell(book).found == "TRUE"


def test_number_that_became_a_date_says_so():
    cell = only_cell(CASES / "date-made-of-a-number" / "book.xlsx")
    assert cell.status == "wrong"
    assert cell.note == (
        "your program has made a date of what you typed (2005-12-01): format the cell as a number"
        " and type it again"
    )


def test_given_that_became_a_date_deserves_a_note():
    report = xlbackprop.check(CASES / "date-made-of-a-number" / "given.xlsx")
    (note,) = [note for note in report.notes if "date" in note]
    assert note.startswith("a date stands in conv1!C11")


DATES = ["dd/mm/yyyy", "[$-407]d. mmm yy;@", "mmm-yy", "h:mm", "[h]:mm:ss", "yyyy\\-mm\\-dd"]
NUMBERS = ["0.00", "General", '0.0" d"', "[Red]-0.00", "#,##0\\ [$€-407]", "0.00E+00", "# ?/?", "@"]


@pytest.mark.parametrize("code", DATES + NUMBERS)
def test_formats_of_dates_are_told_from_those_of_numbers(code, book):
    sheet, address = places_by_index(book)[ANSWER]
    style = f'<numFmts count="1"><numFmt numFmtId="199" formatCode="{code}"/></numFmts>'.replace(
        '" d"', "&quot; d&quot;"
    )

    def with_format(xml):
        text = xml.decode()
        text = text.replace("<numFmts", "<oldNumFmts").replace("</numFmts", "</oldNumFmts")
        start = text.index("<", text.index("<styleSheet") + 1)
        text = text[:start] + style + text[start:]
        count = text.count("<xf ", text.index("<cellXfs"), text.index("</cellXfs>"))
        new = '<xf numFmtId="199" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
        with_format.number = count
        return text.replace("</cellXfs>", new).encode()

    patch(book, {"xl/styles.xml": with_format})
    put(book, sheet, {address: f's="{with_format.number}"|<v>38687</v>'})
    assert ("a date of what you typed" in only_cell(book).note) == (code in DATES)


@pytest.mark.parametrize("name", ["table.csv", "utf16-tab.csv"])
def test_table_as_excel_writes_it_in_europe_is_right(name):
    case = CASES / "csv-with-decimal-commas"
    report = xlbackprop.check(case / name, map=case / "map.toml")
    assert (report.verdict, report.counts) == ("right", {"right": 131})
