"""Workbook and cell to explanation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from xlbackprop.equation import Array, Index, Math
from xlbackprop.equation.indices import entry_name
from xlbackprop.errors import CellError
from xlbackprop.explainer.expand import expand
from xlbackprop.explainer.explanation import Explanation, Term, Upstream
from xlbackprop.explainer.indexed import put_in
from xlbackprop.explainer.leaves import Leaves, finite
from xlbackprop.explainer.locate import locate
from xlbackprop.explainer.summed import Summed, summed_up
from xlbackprop.explainer.write import Writer
from xlbackprop.find.mapping import Map
from xlbackprop.formula.references import References
from xlbackprop.formula.tree import Entry, Expression, children
from xlbackprop.judge.checker import review_workbook
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify import Status
from xlbackprop.notation import latex_of
from xlbackprop.spec import Spec

# Written out, this many entries are some hundred megabytes.
MOST_ENTRIES = 250_000

_NO_MATH = Math("")
_NOTHING = Summed((), 1.0)


def explain(
    path: str | Path,
    cell: str,
    *,
    spec: Spec | str | Path | None = None,
    map: Map | str | Path | None = None,  # noqa: A002
    sheet: str | None = None,
) -> Explanation:
    """Return how a cell of a workbook comes about, term by term.

    `cell` is an address (`conv1.C12`), a tensor with an index (`conv1.dL_dh[0,2,3]`), or the name
    of a single cell (`loss.L`). An address without a sheet is one of `sheet`, where that is given.
    `spec` and `map` are as in `check`.

    Raises WorkbookError where the file cannot be used, CellError where the cell is none of the
    network's, or its sum is too long.
    """
    return explain_in(review_workbook(path, spec=spec, map=map, sheet=sheet), cell, sheet)


def explain_in(review: Review, cell: str, sheet: str | None = None) -> Explanation:
    """Return how a cell of a judged workbook comes about. Raises CellError as `explain` does."""
    if review.network is None:
        raise CellError(
            "no network is known of this workbook, so there is no equation to explain a cell by:"
            " name one with --spec, or write a map"
        )
    tensors = review.network.tensors
    places = {name: own.places for name, own in review.found.items() if name in tensors}
    tensor, index = locate(cell, tensors, places, sheet)
    return Explainer(review).of(tensor.name, index)


class Explainer:
    """Explains the cells of a judged workbook."""

    def __init__(self, review: Review) -> None:
        self._review = review
        self._values = true_values(review)
        self._references = References(review.judged_network)

    def of(self, name: str, index: Index) -> Explanation:
        """Return how an entry of a tensor comes about."""
        review, equation = self._review, self._review.judged_network.equation_of.get(name)
        tensor, found = review.tensors[name], review.found.get(name)
        line = equation.math if equation else _NO_MATH
        judgement = review.judgements.get(name)
        leaves = Leaves(review, self._values, tensor, index, line.text)
        expression = self.expression(name, index) if equation else None
        summed = summed_up(expression, self._values) if expression else _NOTHING
        return Explanation(
            workbook=review.workbook,
            sheet=leaves.sheet,
            cell=leaves.own_cell,
            tensor=name,
            index=index,
            name=leaves.name(Entry(name, index)),
            kind=str(tensor.kind),
            about=tensor.about,
            status=self._status(name, index),
            equation=line.full or line.text,
            here=put_in(line.full or line.text, index),
            latex=latex_of(line) if equation else "",
            why=line.why,
            formula=self._formula(name, index),
            terms=tuple(_term(*term, leaves) for term in summed.terms),
            divided_by=summed.divided_by,
            with_indices=Writer(leaves.name).whole(expression) if expression else "",
            with_cells=Writer(leaves.cell).whole(expression) if expression else "",
            with_numbers=Writer(leaves.number).whole(expression) if expression else "",
            value=finite(summed.value) if expression else None,
            found=leaves.found(name, index),
            found_formula=found.formula(index) if found else None,
            expected=finite(self._values[name][index]),
            from_your_cells=finite(judgement.from_user[index]) if judgement else None,
            upstream=tuple(self._upstream(expression, leaves)) if expression else (),
            tie_rule=self._tie_rule(name, index),
        )

    def terms(self, name: str, index: Index) -> Summed:
        """Return the terms of an entry of a computed tensor with their values, without texts."""
        return summed_up(self.expression(name, index), self._values)

    def expression(self, name: str, index: Index) -> Expression:
        """Return the formula of an entry of a computed tensor, all its sums written out.

        Raises CellError where it would be too long to be written out.
        """
        formula = self._references.formula(name, index)
        entries = sum(len(one.rows) * len(one.columns) for one in formula.ranges)
        if entries > MOST_ENTRIES:
            raise CellError(
                f"{entry_name(name, index)} is made from {entries:,} entries, more than the"
                f" {MOST_ENTRIES:,} that can be written out"
            )
        return expand(self._references, formula, self._values)

    def _status(self, name: str, index: Index) -> str:
        judgement = self._review.judgements.get(name)
        if judgement is not None:
            return Status(judgement.statuses[index]).word
        return "given" if self._review.rule(name) is None else "not in the workbook"

    def _formula(self, name: str, index: Index) -> str | None:
        """Return the formula with the workbook's own addresses, where these are known."""
        review = self._review
        found, equation = review.found.get(name), review.judged_network.equation_of.get(name)
        at = found.addresses(equation) if found and equation else None
        if at is None or equation is None:
            return None
        formula = equation.formula(at, *index)
        return f"={formula}" if isinstance(formula, str) else f"{formula:g}"

    def _tie_rule(self, name: str, index: Index) -> str:
        """Return the rule by which an answer was chosen, where the workbook has another."""
        judgement = self._review.judgements.get(name)
        if judgement is None or not judgement.tie_rule or self._status(name, index) != "right":
            return ""
        found, right = judgement.found.numbers[index], judgement.expected[index]
        return "" if math.isclose(found, right, rel_tol=0.01, abs_tol=0.01) else judgement.tie_rule

    def _upstream(self, expression: Expression, leaves: Leaves) -> list[Upstream]:
        """Return the cells among the sources whose numbers are not the right ones."""
        entries = dict.fromkeys(_entries(expression))
        return [
            Upstream(
                leaves.cell(entry),
                leaves.name(entry),
                leaves.found(entry.tensor, entry.index),
                finite(self._values[entry.tensor][entry.index]),
            )
            for entry in entries
            if leaves.is_wrong(entry)
        ]


def _term(term: Expression, value: float, leaves: Leaves) -> Term:
    texts = (Writer(of).signed(term) for of in (leaves.name, leaves.cell, leaves.number))
    indices, cells, numbers = (sign.replace("+", "") + text for sign, text in texts)
    return Term(indices, cells, numbers, finite(value))


def true_values(review: Review) -> dict[str, Array]:
    """Return all tensors' right numbers: what follows from the givens in the workbook."""
    values: dict[str, Array] = {}
    for tensor in review.judged_network.inputs:
        found = review.found.get(tensor.name)
        numbers = found.numbers if found else review.chosen[tensor.name]
        values[tensor.name] = np.where(tensor.domain.allows(numbers), numbers, np.nan)
    expected = {name: judgement.expected for name, judgement in review.judgements.items()}
    return review.judged_network.evaluate(values, instead=expected)


def _entries(expression: Expression) -> list[Entry]:
    if isinstance(expression, Entry):
        return [expression]
    return [entry for child in children(expression) for entry in _entries(child)]
