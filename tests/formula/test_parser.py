"""Formulas as trees: what people's sheets contain, and what hostile ones do."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.formula.tokenizer import Token, Tokenizer

from xlbackprop.formula.parser import MOST_DEEP, MOST_NESTED, parse, read_formula
from xlbackprop.formula.tokens import LONGEST, SLOT, links_elsewhere, names_in, split
from xlbackprop.formula.tree import (
    Boolean,
    Call,
    Constants,
    ErrorValue,
    Missing,
    Name,
    Negative,
    Number,
    Operation,
    Percent,
    Reference,
    Text,
    children,
    depth,
    functions_in,
    walk,
)

ONE, TWO, THREE = (Number(float(n), str(n)) for n in (1, 2, 3))
A, B, C = map(Reference, range(3))

TREES = {
    "1+2*3": Operation("+", ONE, Operation("*", TWO, THREE)),
    "1-2-3": Operation("-", Operation("-", ONE, TWO), THREE),
    "2^3^2": Operation("^", Operation("^", TWO, THREE), TWO),
    "-A1^2": Operation("^", Negative(A), TWO),
    "2^-A1%": Operation("^", TWO, Negative(Percent(A))),
    "--(A1>1)": Negative(Negative(Operation(">", A, ONE))),
    "+A1": A,
    "1+2&A1=B1": Operation("=", Operation("&", Operation("+", ONE, TWO), A), B),
    "(1+2)*3": Operation("*", Operation("+", ONE, TWO), THREE),
    '"A1 ""B2"" "&A1': Operation("&", Text('A1 "B2" '), A),
    "true": Boolean(True),
    "TRUE()": Call("TRUE", ()),
    "#N/A": ErrorValue("#N/A"),
    "Sheet1!#REF!+1": Operation("+", ErrorValue("#REF!"), ONE),
    "_xlfn.STDEV.P(A1:A3)": Call("STDEV.P", (A,)),
    "_xlfn._xlws.SORT(A1)": Call("SORT", (A,)),
    "LOG10(A1)+LOG10": Operation("+", Call("LOG10", (A,)), B),
    "if(A1,,B1)": Call("IF", (A, Missing(), B)),
    "IF(A1,)": Call("IF", (A, Missing())),
    "PI()": Call("PI", ()),
    "rate*'My sheet'!rate": Operation("*", Name("rate"), Name("rate", "My sheet")),
    "Table1[[#All],[A1 b]]": Name("Table1[[#All],[A1 b]]"),
    "XFE1": Name("XFE1"),
    "{1,2;3,-1}": Constants(((ONE, TWO), (THREE, Number(-1.0, "-1")))),
    '{1,"a";TRUE,#N/A}': Constants(((ONE, Text("a")), (Boolean(True), ErrorValue("#N/A")))),
    "A1:B2 B1:C3": Operation(" ", A, B),
    "SUM((A1,B1 C1))": Call("SUM", (Operation(",", A, Operation(" ", B, C)),)),
    "INDEX(A1:B2,1):C3": Operation(":", Call("INDEX", (A, ONE)), B),
    " SUM( A1 , B1 ) + 1 ": Operation("+", Call("SUM", (A, B)), ONE),
    "1.5e-3+.5": Operation("+", Number(0.0015, "1.5e-3"), Number(0.5, ".5")),
}


@pytest.mark.parametrize("text", TREES)
def test_tree_of(text):
    assert read_formula(text).tree == TREES[text]


@pytest.mark.parametrize(
    ("text", "skeleton", "places"),
    [
        ("LOG10(A1)+$B$2:C3", "LOG10(@)+@", [("", 0, 0), ("", 1, 1)]),
        ("'A1'!B1+\"A1\"", '@+"A1"', [("A1", 0, 1)]),
        ("Sheet1!A:A*2:3", "@*@", [("Sheet1", 0, 0), ("", 1, 0)]),
        ("[1]S!A1+'[2]My ''x'!B2", "@+@", [("S", 0, 0), ("My 'x", 1, 1)]),
        ("a1.b+A_1+A1B+XFE1+T[A1]+DATE1(B1)", "a1.b+A_1+A1B+XFE1+T[A1]+DATE1(@)", [("", 0, 1)]),
        ("2020!A1+naïve!B1", "@+@", [("2020", 0, 0), ("naïve", 0, 1)]),
    ],
)
def test_skeleton_has_a_slot_for_each_reference(text, skeleton, places):
    found, addresses = split(text)
    assert found == skeleton.replace("@", SLOT)
    assert [one[:3] for one in addresses] == places


OPERANDS = st.sampled_from(
    ["1", "2.5", '"A1"', "B2", "$C$3:D4", "'My x'!A1", "Sheet1!B$2:C3", "rate", "A:A", "TRUE"]
)
FORMULAS = st.recursive(
    OPERANDS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/^&=<>"), inner).map("".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"SUM({','.join(parts)})"),
    ),
    max_leaves=20,
)


@given(FORMULAS)
def test_references_are_those_that_openpyxl_finds(text):
    tokens = Tokenizer(f"={text}").items
    theirs = [t.value for t in tokens if t.subtype == Token.RANGE and t.value != "rate"]
    _, addresses = split(text)
    assert len(addresses) == len(theirs)
    assert [split(one)[1][0] for one in theirs] == list(addresses)
    tree = read_formula(text).tree
    assert sum(isinstance(one, Reference) for one in walk(tree)) == len(theirs)
    assert sum(isinstance(one, Name) for one in walk(tree)) == text.count("rate")


def test_formulas_that_differ_in_their_references_only_are_one_tree():
    first = read_formula("SUM(A1:A3)*conv1!$B$2")
    assert read_formula("SUM(B7:C9)*conv2!D4").tree is first.tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1+", "missing at its end"),
        ("", "missing at its end"),
        ("(1", "missing at its end"),
        ("1 2", "not understood at 2: 2"),
        ("A1 2", "not understood at 2: 2"),
        ("A1#", "not understood at 1: #"),
        ("@A1", "not understood at 0"),
        ("SUM(1;2)", "not understood at 5: ;2"),
        ("{1,2;3}", "different lengths"),
        ("{A1}", "not understood at 1"),
        ("{1,-TRUE}", "not understood"),
        ("1)", "not understood at 1"),
        ("*1", "not understood at 0"),
        ('"open', "not understood at 0"),
        ("'open!A1", "not understood at 0"),
        ("A1\1", "no formula holds"),
        ("9" * (LONGEST + 1), "longer than 8,192"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_position(text, message):
    with pytest.raises(ValueError, match=message):
        read_formula(text)


def nested(number):
    return "(" * number + "1" + ")" * number


@pytest.mark.parametrize(
    ("inside", "beyond"),
    [
        (nested(MOST_NESTED), nested(MOST_NESTED + 1)),
        ("+".join(["A1"] * MOST_DEEP), "+".join(["A1"] * (MOST_DEEP + 1))),
        ("-" * (MOST_DEEP - 1) + "1", "-" * MOST_DEEP + "1"),
        ("1%" + "%" * (MOST_DEEP - 2), "1" + "%" * 8000),
        ("SUM(" * 64 + "1" + ")" * 64, "SUM(" * 65 + "1" + ")" * 65),
        ("A1=1&1+1*1^-(" * 64 + "1" + ")" * 64, "A1=1&1+1*1^-(" * 65 + "1" + ")" * 65),
    ],
    ids=["parentheses", "sum", "signs", "percent", "calls", "operators"],
)
def test_depth_is_bounded(inside, beyond):
    assert depth(read_formula(inside).tree) <= MOST_DEEP
    with pytest.raises(ValueError, match="within one another"):
        read_formula(beyond)


@pytest.mark.parametrize(
    "unit",
    ["a", "'", '"', "A1", "[", "a!", "1:", "$A", "a.", "'a'", "(", "[a]", "a[", "[a[b]", "[1", "_",
     "1.", "!", "#", "{", "A1:", "A1 ", "1E", "[a]!", "\\"],
)  # fmt: skip
def test_hostile_texts_take_no_time(unit):
    text = unit * (LONGEST // len(unit))
    parse.cache_clear()
    start = time.perf_counter()
    for read in (split, read_formula, names_in, links_elsewhere):
        try:
            read(text)
        except ValueError:
            continue
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[1]Sheet1!A1+1", True),
        ("'[1]My sheet'!A1", True),
        ("SUM('C:\\x\\[b.xlsx]S'!A1:B2)", True),
        ("[1]!rate", True),
        ("Sheet1!A1", False),
        ('"[1]Sheet1!A1"', False),
        ("Table1[Column]*2", False),
    ],
)
def test_links_to_another_workbook(text, links):
    assert links_elsewhere(text) == links


def test_names_are_found_up_to_what_is_not_understood():
    skeleton, _ = split('rate*A1+LOG10(B2)+"no"+Sheet1!mine+TRUE')
    assert names_in(skeleton) == ("rate", "Sheet1!mine", "TRUE")
    assert names_in("rate+?+other") == ("rate",)


def test_walk_goes_from_left_to_right():
    tree = read_formula("IF(A1>1,SUM(B1,{1,2}),-C1%)").tree
    assert [one.slot for one in walk(tree) if isinstance(one, Reference)] == [0, 1, 2]
    assert functions_in(tree) == ("IF", "SUM")
    assert children(Negative(A)) == (A,)
