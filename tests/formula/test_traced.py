"""Formulas of a block from one: what is traced is what each cell's formula is."""

# ruff: noqa: ARG005  (formulas take what they are given)

from itertools import product

import pytest

from tests.support.every_network import CASES, network_of
from xlbackprop.equation import Equation, Kind, Math, Tensor
from xlbackprop.formula.grid import Addresses, Block, span
from xlbackprop.formula.stepping import NotTraced, Steps
from xlbackprop.formula.traced import Template, Tracer
from xlbackprop.layout import lay_out


@pytest.mark.many(quick=[*CASES][::16])
@pytest.mark.parametrize("name", CASES)
def test_traced_formulas_are_those_of_the_cells(name):
    network = network_of(name)
    blocks = lay_out(network).blocks
    for equation in network.equations:
        at = Addresses(equation, blocks)
        tracer = Tracer(equation, blocks, at)
        for block in blocks[equation.target.name]:
            try:
                template = tracer.template(block)
            except NotTraced:
                continue
            entries = product(*map(range, equation.target.block_shape))
            expected = [equation.formula(at, *block.index, *entry) for entry in entries]
            if isinstance(template, float):
                assert set(expected) == {template}
            else:
                rows = [text for row in template.rows() for text in row]
                places = product(range(block.height), range(block.width))
                assert rows == expected
                assert [template.at(*place) for place in places] == expected


def traced(formula, *, height=4, width=5):
    """Return the template of a formula over a source of 9 by 9 cells on another sheet."""
    target = Tensor("a", "out", (height, width), ("i", "j"), Kind.FORWARD, "")
    source = Tensor("a", "h", (2, 9, 9), ("c", "u", "v"), Kind.GIVEN, "")
    blocks = {
        "a.out": (Block("a.out", (), "a", 20, 3, height, width),),
        "a.h": tuple(Block("a.h", (c,), "a", 1, 1 + 10 * c, 9, 9) for c in range(2)),
    }
    equation = Equation(target, {"h": source}, None, formula, Math(""))
    template = Tracer(equation, blocks, Addresses(equation, blocks)).template(blocks["a.out"][0])
    if isinstance(template, Template):
        at = Addresses(equation, blocks)
        cells = [[formula(at, i, j) for j in range(width)] for i in range(height)]
        assert list(template.rows()) == cells
    return template


@pytest.mark.parametrize(
    ("formula", "is_shared"),
    [
        (lambda at, i, j: at.h[0, i, j], True),
        (lambda at, i, j: f"SUM({at.h[1, i : i + 3, j + 1 : j + 4]})", True),
        (lambda at, i, j: f"SUM({at.h[1, i : i + 3, 2:4].fixed_column})", True),
        (lambda at, i, j: f"{at.h[0, i, j]}*{at.h[1, 3, 4].fixed}", True),
        (lambda at, i, j: f"{at.here[i, j]}*{at.h[0, 3, j].fixed_row}%", True),
        (lambda at, i, j: span(at.h[0, i, j], at.h[0, i + 2, j]), True),
        (lambda at, i, j: at.h[0, 2 * i, j], False),
        (lambda at, i, j: at.h[0, j, i], False),
        (lambda at, i, j: at.h[0, 8 - i, 8 - j], False),
        (lambda at, i, j: at.h[0, 3, 4], False),
        (lambda at, i, j: f"SUM({at.h[0]})", False),
        (lambda at, i, j: f"SUM({at.h[0].fixed})*50%", True),
        (lambda at, i, j: at.h[0, i + j, j], False),
    ],
)
def test_what_is_filled_on_is_shared(formula, is_shared):
    assert traced(formula).is_shared == is_shared


def test_a_single_row_may_refer_to_a_fixed_row_without_a_sign():
    assert traced(lambda at, i, j: at.h[0, 3, j], height=1).is_shared
    assert not traced(lambda at, i, j: at.h[0, 3, j]).is_shared


def test_number_for_all_cells_is_a_number():
    assert traced(lambda at, i, j: 0.0) == 0.0


@pytest.mark.parametrize(
    "formula",
    [
        lambda at, i, j: at.h[0, i, j] if i > 0 else 0.0,
        lambda at, i, j: at.h[0, i, j] if i == j else 0.0,
        lambda at, i, j: at.h[0, i, j] if i else 0.0,
        lambda at, i, j: at.h[i, 0, j],
        lambda at, i, j: at.h[0, i // 2, j],
        lambda at, i, j: at.h[0, i % 2, j],
        lambda at, i, j: at.h[0, i * j, j],
        lambda at, i, j: f"{at.h[0, i, j]}*{i}",
        lambda at, i, j: f"SUM({at.h[0, 0 : i + 1, j]})",
        lambda at, i, j: [at.h[0, n, j] for n in range(9)][i],
        lambda at, i, j: {0: at.h[0, 0, j]}.get(i, at.h[0, i, j]),
        lambda at, i, j: at.h[0, max(i, 2), j],
        lambda at, i, j: at.h[0, abs(i), j],
        lambda at, i, j: "+".join(at.h[0, n, j] for n in range(i)),
        lambda at, i, j: at.h[0, i.bit_length(), j],
        lambda at, i, j: at.h[0, i if isinstance(i, int) else 3, j],
    ],
)
def test_formula_that_asks_for_more_of_an_index_is_not_traced(formula):
    with pytest.raises(NotTraced):
        traced(formula)


def test_steps_count():
    i, j = Steps(0, down=1), Steps(0, along=1)
    steps = 3 + 2 * i - (j + 1) * 4 - 1 - i
    assert [steps.at(row, column) for row, column in [(0, 0), (1, 0), (0, 1), (2, 3)]] == [
        -2, -1, -6, -12,
    ]  # fmt: skip
    assert (7 - i).at(2, 5) == 5
