"""Pages that are traps for the program's own evaluator, which no process of its own protects."""

import sys

import openpyxl
import pytest

import xlbackprop
from tests.support.filling import places_by_index
from tests.support.watched_program import assert_harmless, watch

SECONDS, MEGABYTES = 4, 600
LAST = ("conv1.dL_dh", (1, 2, 3))


def down(formulas, column="A"):
    """Return cells with formulas, one below the other."""
    return {f"{column}{row}": f"={text}" for row, text in enumerate(formulas, 1)}


def numbers(rows, columns):
    """Return a rectangle of numbers, from A1 on."""
    names = [chr(65 + number) for number in range(columns)]
    return {f"{name}{row}": 1 for row in range(1, rows + 1) for name in names}


def kinds(count):
    """Return so many formulas of different kinds that all refer to one another's cells."""
    terms = [f"{'-' * (number % 90)}1{'+1' * (number // 90)}" for number in range(count)]
    return [f"SUM($B$1:$B${count})*0+{term}" for term in terms]


DEEP = "IF(A1>0," * 60 + "1" + ",2)" * 60
TRAPS = {
    "numbers-of-8000-digits": down(["9" * 8_000, "0." + "0" * 8_000 + "1", "A1*A2"]),
    "powers-of-powers": down(["9^9^9^9^9^9", "A1^A1^A1", "-9^-9^0.5^-9", "EXP(EXP(EXP(9)))"]),
    "deep": down(["1", DEEP, DEEP.replace("1,2)", "A2,A1)")]),
    "signs": down(["-" * 8_000 + "1", "1" + "%" * 8_000]),
    "texts-that-double": down(['"xxxxxxxxxx"', *(f"A{row}&A{row}" for row in range(1, 60))]),
    "many-kinds": down(kinds(3_000), "B"),
    "circle-of-many": down(f"SUM($A$1:$A$3000)+{row}" for row in range(3_000)),
    "chain": down(["1", *(f"A{row}+1" for row in range(1, 30_000))]),
    "triangle": down(f"SUM($B$1:B{row})" for row in range(1, 4_000)),
    "staircase": down(["1", *(f"SUM($A$1:A{row})" for row in range(1, 4_000))]),
    "texts-one-by-one": numbers(2_000, 20)
    | {"A1": '="a"'}
    | down([f"SUM(A$1:T$2000*A$1:T$2000*{row})" for row in range(1, 100)], "Z"),
    "far-apart": {"A1": 1, "XFD1048576": "=A1+1"},
    "ranges-beyond-the-page": down(f"SUM($C$1:$Z$1000000)+{row}" for row in range(50)),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return xlbackprop.build("conv5x5x2", tmp_path_factory.mktemp("page") / "page.xlsx")


@pytest.mark.hostile(quick=["powers-of-powers"])
@pytest.mark.parametrize("trap", TRAPS)
def test_scratch_sheet_that_is_a_trap_ends_with_a_verdict(trap, page, tmp_path):
    """A judged cell rests on all of it."""
    path, book = tmp_path / "page.xlsx", openpyxl.load_workbook(page)
    scratch = book.create_sheet("Scratch")
    for address, content in TRAPS[trap].items():
        scratch[address] = content
    sheet, address = places_by_index(page)[LAST]
    own = book[sheet][address].value.removeprefix("=")
    book[sheet][address] = f"=IFERROR(0*SUM(Scratch!A1:Z30000),0)+{own}"
    book.save(path)
    limits = ("--timeout", str(SECONDS), "--memory", str(MEGABYTES))
    command = [sys.executable, "-m", "xlbackprop", "check", path, *limits, "--prove", "3"]
    outcome = watch(*command, seconds=3 * SECONDS)
    assert outcome.status in (0, 1), outcome.err
    assert outcome.err == ""
    assert outcome.megabytes < 1.2 * MEGABYTES
    assert_harmless(outcome.out)
