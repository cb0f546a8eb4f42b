"""The evaluator against IronCalc and LibreOffice, on formulas drawn by a grammar."""

import pytest

from tests.formula.known_differences import IRONCALC, LIBREOFFICE, unexplained
from tests.support.formula_grammar import CELLS, CELLS_WITHOUT_BOOLEANS, Grammar
from tests.support.formula_pages import (
    UNKNOWN,
    in_ironcalc,
    in_libreoffice,
    is_error,
    ours,
    same,
)
from xlbackprop.formula.functions import FUNCTIONS
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.parser import read_formula
from xlbackprop.formula.tree import Operation, functions_in, walk

FORMULAS = 1_000
SEEDS = range(10)


def drawn(seed, **options):
    grammar = Grammar(seed, **options)
    return [grammar.formula() for _ in range(FORMULAS)]


@pytest.mark.many(quick=["0", "1", "2"])
@pytest.mark.parametrize("seed", SEEDS)
def test_drawn_formulas_give_what_ironcalc_gives(seed, tmp_path):
    formulas = drawn(seed)
    theirs, own = in_ironcalc(CELLS, formulas, tmp_path), ours(CELLS, formulas)
    wrong = [
        (formula, one, other)
        for formula, one, other in zip(formulas, own, theirs, strict=True)
        if one != UNKNOWN and not same(one, other) and unexplained(IRONCALC, formula, one, other)
    ]
    assert not wrong
    assert own.count(UNKNOWN) < 0.04 * FORMULAS


@pytest.mark.libreoffice
def test_drawn_formulas_give_what_libreoffice_gives(tmp_path):
    formulas = [formula for seed in SEEDS for formula in drawn(seed, booleans=False)]
    assert len(formulas) == 10_000
    own = ours(CELLS_WITHOUT_BOOLEANS, formulas)
    theirs = in_libreoffice(CELLS_WITHOUT_BOOLEANS, formulas, tmp_path)

    def alike(one, other):
        # Which error it is differs, and an empty text is read as nothing.
        both_errors = is_error(one) and is_error(other)
        return same(one, other) or both_errors or (one == "" and other is None)

    wrong = [
        (formula, one, other)
        for formula, one, other in zip(formulas, own, theirs, strict=True)
        if one != UNKNOWN
        and not alike(one, other)
        and unexplained(LIBREOFFICE, formula, one, other)
    ]
    assert not wrong


def test_known_differences_do_not_explain_everything():
    assert unexplained(IRONCALC, "SUM(A1:A4)", 1.0, 2.0)
    assert unexplained(IRONCALC, "IF(A1>0,LN(A1),-100)", 1.0, "#NUM!")
    assert unexplained(IRONCALC, "NORMSDIST(A1)", 0.5, 0.5001)
    assert unexplained(IRONCALC, "IF(A1>0,TRUE(),1)", 1.0, True)
    assert unexplained(LIBREOFFICE, "SUMPRODUCT(A1:A4,B1:B4)", 1.0, 2.0)
    assert unexplained(LIBREOFFICE, "COS(A1)", 0.5, 0.6)
    assert unexplained(LIBREOFFICE, "IF(A1>0,1,2)", 1.0, 2.0)


def test_all_functions_and_operators_are_drawn():
    trees = [read_formula(formula).tree for seed in range(3) for formula in drawn(seed)]
    called = {name for tree in trees for name in functions_in(tree)}
    assert called == set(FUNCTIONS)
    signs = {one.operator for tree in trees for one in walk(tree) if isinstance(one, Operation)}
    assert signs == set(OPERATORS)
