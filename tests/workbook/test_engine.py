"""The engine's process: its limits, its shares of the work, and that it goes away."""

import os
import time

import numpy as np
import psutil
import pytest
import xlsxwriter

from tests.support.running_engine import engine_with
from xlbackprop.workbook.engine.cell_list import UNABLE, CellList
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.engine.stopped import EngineStopped
from xlbackprop.workbook.read.cells import State

LIMITS = Limits(seconds=30)
# What keeps IronCalc busy for minutes, in little memory: small parts of a great many products.
SLOW = "=SUM(C1:AB300000*C1:AB300000)"


def book_of(folder, *formulas):
    """Return a workbook with formulas in its first column, and two inputs in the second."""
    path = folder / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column("B1", [2, 3])
        for row, formula in enumerate(formulas):
            sheet.write_formula(row, 0, formula, None, 77)
    return path


def column(number, column=0):
    rows = np.arange(number)
    return CellList(("S",), np.stack([0 * rows, rows, 0 * rows + column], axis=1).astype(np.int32))


def test_values_come_with_their_kinds(tmp_path):
    formulas = ["=B1*B2", '="a"&"b"', "=1/0", "=B1>B2", "=NOSUCH(1)"]
    with engine_with(book_of(tmp_path, *formulas), LIMITS) as engine:
        values = engine.values(column(6))
    expected = [State.NUMBER, State.TEXT, State.ERROR, State.BOOLEAN, UNABLE, State.BLANK]
    assert values.kinds.tolist() == expected
    assert values.texts == {1: "ab", 2: "#DIV/0!", 3: "FALSE", 4: "#NAME?"}
    np.testing.assert_array_equal(values.numbers, [6, *[np.nan] * 5])


def test_cell_of_a_sheet_that_the_engine_does_not_have_stops_it(tmp_path):
    cells = CellList(("T",), np.zeros((1, 3), np.int32))
    with (
        engine_with(book_of(tmp_path, "=1"), LIMITS) as engine,
        pytest.raises(EngineStopped, match="the engine failed"),
    ):
        engine.values(cells)


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_draws_come_in_order_whatever_the_cores(tmp_path, cores):
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not say on which cores a process runs")
    path = book_of(tmp_path, "=B1*B2", "=B1-B2")
    rows = np.random.default_rng(0).normal(size=(7, 2))
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[:cores]))
    many = column(30_000)  # so many that sharing is worth it
    try:
        with engine_with(path, LIMITS) as engine:
            answers = list(engine.draws(column(2, 1), rows, many))
            again = list(engine.draws(column(2, 1), rows[:1], many))
    finally:
        os.sched_setaffinity(0, allowed)
    expected = np.stack([rows[:, 0] * rows[:, 1], rows[:, 0] - rows[:, 1]], axis=1)
    np.testing.assert_allclose([answer.numbers[:2] for answer in answers], expected)
    np.testing.assert_allclose(again[0].numbers[:2], expected[0])


def test_input_that_is_a_formula_takes_the_number(tmp_path):
    path = book_of(tmp_path, "=B1*B2", "=A1+1")
    cells = CellList(("S",), np.array([[0, 0, 0]], np.int32))
    with engine_with(path, LIMITS) as engine:
        (answer,) = engine.draws(cells, np.array([[10.0]]), column(2))
    assert answer.numbers.tolist() == [10, 11]


def children():
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.mark.parametrize(("draws", "cells"), [(1, 1), (4, 50_000)])
def test_nothing_is_left_running(tmp_path, draws, cells):
    before = children()
    path = book_of(tmp_path, "=IF(B1>2,SUM(C1:AB300000*C1:AB300000),1)")
    started = time.monotonic()
    with engine_with(path, Limits(seconds=1)) as engine, pytest.raises(EngineStopped) as stopped:
        list(engine.draws(column(2, 1), np.full((draws, 2), 3.0), column(cells)))
    assert str(stopped.value) in (
        "the engine took more than 1 seconds",
        "the engine broke off, for want of memory (1,000 MB) or otherwise",
    )
    assert time.monotonic() - started < 10
    assert children() == before


def test_engine_that_is_not_asked_anything_is_ended(tmp_path):
    before = children()
    with engine_with(book_of(tmp_path, SLOW), LIMITS):
        pass
    assert children() == before


def test_reason_is_the_same_for_all_later_requests(tmp_path):
    with engine_with(book_of(tmp_path, SLOW), Limits(seconds=0.2)) as engine:
        reasons = []
        for _ in range(2):
            with pytest.raises(EngineStopped) as stopped:
                engine.values(column(1))
            reasons.append(str(stopped.value))
    assert reasons == ["the engine took more than 0.2 seconds"] * 2


@pytest.mark.slow
def test_chain_of_a_hundred_thousand_cells_is_followed(tmp_path):
    """A running sum read from its far end: the engine recurses once for each cell."""
    path, length = tmp_path / "chain.xlsx", 100_000
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for row in range(length - 1):
            sheet.write_formula(row, 0, f"=A{row + 2}+1")
        sheet.write_number(length - 1, 0, 1)
    with engine_with(path, LIMITS) as engine:
        assert engine.values(column(1)).numbers.tolist() == [length]
