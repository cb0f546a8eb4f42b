"""An edit in words: what stands in the formula, what belongs there, and what it is called."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.gradients.differentiation.graph import resting_on
from xlbackprop.find.gradients.findings import Claim, Findings, Role
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.tree import Expression, Operation, Reference
from xlbackprop.judge.gradients.edits import slips
from xlbackprop.judge.gradients.edits.edit import Change, Edit
from xlbackprop.judge.gradients.edits.formula_text import address, formula_text
from xlbackprop.judge.gradients.edits.slopes import is_in_slope, is_slope
from xlbackprop.judge.gradients.edits.written import Spot, Written, slots_in

_LONGEST = 16
_OPERATORS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}


class Words:
    """Puts changes of a workbook's formulas into words."""

    def __init__(self, findings: Findings, board: Board) -> None:
        self._findings, self._board = findings, board
        self._labels = Labels(findings.contents, board.plane)
        self._sheets = [sheet.name for sheet in findings.contents.sheets]

    def edit(self, change: Change, cause: int) -> Edit:
        """Return a change as an edit."""
        slip = self._named(change)
        message = self._message(change, slip)
        has_no_text = change.says == "turned" or change.slip == slips.NOT_UPDATED
        formula = "" if has_no_text else self._text(change.mended, change.mended.tree)
        return Edit(slip, message, formula, cause)

    # What it is called.

    @cached_property
    def _claims(self) -> dict[int, Claim]:
        return {claim.cell: claim for claim in self._findings.claims}

    def _named(self, change: Change) -> str:
        match change.slip:
            case slips.ANOTHER_CELL:
                return self._name_of_cell(change)
            case slips.ANOTHER_RANGE | slips.SEVERAL_CELLS:
                return self._name_of_shift(change)
            case slips.OPERATOR:
                return _name_of_operator(change)
            case slips.FACTOR_EXTRA:
                return slips.DERIVATIVE_EXTRA if is_slope(change.wrong) else change.slip
            case slips.FACTOR_MISSING:
                return self._name_of_factor(change)
        return change.slip

    def _name_of_cell(self, change: Change) -> str:
        formula, old, new = self._exchanged(change)
        own, cells = self._claims.get(formula.cell), (self._cell(old), self._cell(new))
        if own is not None and own.role is Role.UPDATE:
            found = self._name_in_update(own, old, new)
        elif is_in_slope(change.wrong, formula.tree, change):
            found = self._name_of_unit(*cells)
        else:
            found = self._name_by_claims(*cells)
        if found or (found := _one_off(old, new, formula.place)):
            return found
        if self._is_weight(cells[1]) or self._leads_to(own, cells[1]):
            return slips.ANOTHER_WEIGHT
        in_column = _one_off(old, new) if old.left == new.left else ""
        is_typed = self._is_typed(cells[1])
        return in_column or (slips.ANOTHER_INPUT if is_typed else slips.ANOTHER_CELL)

    def _leads_to(self, own: Claim | None, cell: int) -> bool:
        """Whether a number that has a gradient of its own is no factor of what a gradient is by."""
        if own is None or not self._is_typed(cell) or cell not in self._with_gradient:
            return False
        return not (self._is_typed(own.of) and self._is_beside(own.of, cell))

    def _is_beside(self, one: int, other: int) -> bool:
        """Whether a formula before L refers to both of two cells: to a weight and its input."""
        graph = self._findings.graph
        for group in graph.groups:
            forward = self._is_forward[group.cells]
            rows = graph.copied[graph.windows(group)[forward]]
            if ((rows == one).any(axis=1) & (rows == other).any(axis=1)).any():
                return True
        return False

    @cached_property
    def _is_forward(self) -> Mask:
        """Which cells are no gradients and are made of none, as far as is known."""
        findings = self._findings
        backward = [claim.cell for claim in findings.claims if claim.cell not in findings.given]
        cells = np.array(backward, dtype=np.int32)
        return ~resting_on(findings.computation.in_order(), findings.graph, cells)

    @cached_property
    def _with_gradient(self) -> frozenset[int]:
        claims = self._findings.claims
        return frozenset(claim.of for claim in claims if claim.role is Role.GRADIENT)

    def _name_in_update(self, own: Claim, old: Spot, new: Spot) -> str:
        cell = self._cell(new)
        claim = self._claims.get(cell)
        if claim is not None and claim.role is Role.GRADIENT and claim.of == own.of:
            return slips.OTHER_UPDATE
        is_rate = self._is_typed(cell) and cell != own.of and not self._is_weight(cell)
        moved_along = old.sheet == new.sheet and old.top >= new.top and old.left >= new.left
        return slips.MOVED_RATE if is_rate and moved_along else ""

    def _name_of_unit(self, old: int, new: int) -> str:
        graph = self._findings.graph
        if old in graph.references(new):
            return slips.OF_NET
        return slips.OF_OUTPUT if new in graph.references(old) else slips.ANOTHER_UNIT

    def _name_by_claims(self, old: int, new: int) -> str:
        first, second = self._claims.get(old), self._claims.get(new)
        if first is None or second is None or Role.UPDATE in (first.role, second.role):
            return ""
        if second.of in self._findings.graph.references(first.of):
            return slips.OUTPUT_GRADIENT
        return slips.ANOTHER_GRADIENT

    def _name_of_shift(self, change: Change) -> str:
        formula, old, new = self._exchanged(change)
        if change.slip == slips.SEVERAL_CELLS:
            return _one_off(old, new, formula.place) or change.slip
        numbers = [self._board.numbers[self._cells(spot)] for spot in (old, new)]
        if np.array_equal(numbers[0][::-1, ::-1], numbers[1]):
            return slips.UNTURNED
        if old.height == old.width and np.array_equal(numbers[0].swapaxes(0, 1), numbers[1]):
            return slips.TRANSPOSED
        return _one_off(old, new) or slips.ANOTHER_RANGE

    def _name_of_factor(self, change: Change) -> str:
        if change.says:
            return _name_of_constant(change.says.removeprefix("times "))
        own = self._claims.get(change.mended.cell)
        cell = self._cell(change.mended.spots[-1])
        is_rate = self._is_typed(cell) and not self._is_weight(cell)
        if own is not None and own.role is Role.UPDATE and is_rate:
            return slips.NO_RATE
        return change.slip

    # What is said.

    def _message(self, change: Change, slip: str) -> str:
        mended = change.mended
        if change.says == "turned" and change.wrong is not None:
            how = "rotated by 180 degrees" if slip == slips.UNTURNED else "transposed"
            return f"{self._text(mended, change.wrong)} belongs here {how}{self._also(change)}."
        if change.says:
            is_part = change.wrong is not None and change.right not in (None, mended.tree)
            what = self._text(mended, change.wrong) if is_part and change.wrong else "The result"
            return f"{what} belongs {_scale(change.says.removeprefix('times '))}."
        if change.right is None and change.wrong is not None:
            what = "term" if slip == slips.TERM_EXTRA else "factor"
            text = self._named_text(mended, change.wrong)
            return f"The {what} {text} is too many{self._also(change)}."
        if change.wrong is None and change.right is not None:
            return self._missing(change, slip)
        if change.wrong is None or change.right is None:
            return ""
        wrong, right = (self._named_text(mended, one) for one in (change.wrong, change.right))
        return f"{wrong} stands where {right} belongs{self._why(change, slip)}{self._also(change)}."

    def _missing(self, change: Change, slip: str) -> str:
        mended, right = change.mended, change.right
        if right is None:
            return ""
        text = self._text(mended, right)
        if slip == slips.NO_DERIVATIVE:
            (slot, *_) = slots_in(right)
            label = self._label(mended.spots[slot])
            of = f" of {label}" if label else ""
            return f"The factor {text} is missing: the derivative{of}{self._also(change)}."
        if slip == slips.NOT_UPDATED:
            return f"The weight stays as it was: a step by its gradient in {text} is missing."
        what = "term" if slip in (slips.TERM_MISSING, slips.ONE_PATH) else "factor"
        return f"The {what} {self._named_text(mended, right)} is missing."

    def _also(self, change: Change) -> str:
        """Return which further parts are wrong in the same way."""
        texts = [self._text(change.mended, part) for part in change.also]
        return f", and so with {', '.join(texts)}" if texts else ""

    def _why(self, change: Change, slip: str) -> str:
        """Return what is said besides, of some slips."""
        if slip == slips.ANOTHER_UNIT and isinstance(change.right, Reference):
            label = self._label(change.mended.spots[change.right.slot])
            return f": the derivative of {label}" if label else ": the derivative of that unit"
        if slip == slips.MOVED_RATE:
            return ": a $ keeps it there"
        return ""

    def _named_text(self, formula: Written, part: Expression) -> str:
        """Return a part of a formula; a cell alone with its label."""
        text = self._text(formula, part)
        if isinstance(part, Reference):
            label = self._label(formula.spots[part.slot])
            return f"{text} ({label})" if label else text
        return text

    def _text(self, formula: Written, part: Expression) -> str:
        return formula_text(
            part, lambda slot: address(formula.spots[slot], formula.place.sheet, self._sheets)
        )

    # Cells.

    def _label(self, spot: Spot) -> str:
        """Return the text that names a cell: before it, where all between is filled."""
        cell = self._cell(spot)
        if not spot.is_cell or not cell:
            return ""
        down = self._board.plane.box_of(cell).width
        owner = self._findings.graph.owner
        runs_along = owner[cell] >= 0 and owner[cell] in (
            owner[cell - 1],
            owner[cell + 1 : cell + 2],
        )
        found = {"left": (*self._labels.left(cell), 1), "above": (*self._labels.above(cell), down)}
        for side in ("left", "above") if runs_along else ("above", "left"):
            distance, text, step = found[side]
            between = [cell - step * at for at in range(1, distance)]
            is_filled = not (self._board.codes[between, 0] == Code.BLANK).any()
            if text and is_filled and (distance == 1 or side == "above" or runs_along):
                return text if len(text) <= _LONGEST else ""
        return ""

    def _cells(self, spot: Spot) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
        tops, lefts = np.array([spot.top], np.int32), np.array([spot.left], np.int32)
        found = self._board.plane.windows(spot.sheet, tops, lefts, (spot.height, spot.width))
        return np.asarray(found[0])

    def _cell(self, spot: Spot) -> int:
        return int(self._cells(spot)[0, 0])

    def _is_typed(self, cell: int) -> bool:
        return bool(self._findings.graph.owner[cell] < 0)

    def _is_weight(self, cell: int) -> bool:
        claim = self._claims.get(cell)
        is_updated = claim is not None and claim.role is Role.UPDATE
        return is_updated or cell in self._findings.weights

    @staticmethod
    def _exchanged(change: Change) -> tuple[Written, Spot, Spot]:
        """Return the formula, what a reference was, and what it is to be."""
        spots, wrong, right = change.mended.spots, change.wrong, change.right
        if not isinstance(wrong, Reference) or not isinstance(right, Reference):
            raise TypeError("no reference for another")
        return change.mended, spots[wrong.slot], spots[right.slot]


def _one_off(old: Spot, new: Spot, own: Spot | None = None) -> str:
    """Return the name of a reference that is one row or column off.

    A single cell's belongs in the row or the column of the formula's `own` cell.
    """
    down, along = old.top - new.top, old.left - new.left
    if old.sheet != new.sheet or abs(down) + abs(along) != 1:
        return ""
    if own is not None and (new.top != own.top if down else new.left != own.left):
        return ""
    if down:
        return slips.TOO_HIGH if down < 0 else slips.TOO_LOW
    return slips.TOO_LEFT if along < 0 else slips.TOO_RIGHT


def _name_of_operator(change: Change) -> str:
    match change.wrong, change.right:
        case Operation(sign, _, _), Operation(other, _, _) if {sign, other} <= _OPERATORS.keys():
            return f"{_OPERATORS[sign]} for {_OPERATORS[other]}"
    return change.slip


def _name_of_constant(number: str) -> str:
    """Return how the program calls it where all numbers are off by a factor."""
    if number.startswith("1/"):
        return f"factor {number.removeprefix('1/')} extra"
    return {"0.5": "factor 2 extra", "2": "factor 1/2 extra"}.get(
        number, f"factor {number} missing"
    )


def _scale(number: str) -> str:
    if number.startswith("1/"):
        return f"divided by {number.removeprefix('1/')}"
    return f"multiplied by {number}"
