"""What a report says of a drawn sheet, held against what is true of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from openpyxl.utils.cell import range_boundaries

from tests.support.peoples_sheets import slips
from tests.support.peoples_sheets.truth import State
from xlbackprop.formula.addresses import cell as address_of

# By slip: the names that say what is the matter, of a formula that may be mended in several ways.
_MOVED = {
    "one row too high", "one row too low", "one column too far left", "one column too far right",
    "several cells shifted",
}  # fmt: skip
NAMES = {
    slips.ANOTHER_UNIT: {"derivative of another unit"},
    slips.NO_DERIVATIVE: {"derivative missing"},
    slips.ONE_PATH: {"only one of the outputs summed"},
    slips.TIMES: {"times for minus"},
    slips.SIGN: {"sign reversed"},
    slips.ONE_ROW: _MOVED,
    slips.RATE: {"rate without $"},
    slips.OTHER_INPUT: {"another input", "another cell", *_MOVED},
    slips.TRANSPOSED: {"another weight", "filter not rotated", "rows and columns transposed"},
    slips.FACTOR: {"factor extra"},
    slips.OTHER_GRADIENT: {"update with another weight's gradient"},
    slips.PLUS: {"plus for minus", "minus for plus"},
    slips.OF_NET: {"derivative from the net input"},
    slips.SWAPPED: {"sign reversed"},
}
_LATENT = "right for these numbers only"
_OF_FOLLOWERS = {
    "wrong": "what follows is called wrong itself",
    "right": "what follows is called right",
}
_ACCUSED = ("wrong", "carried")
_RANGES = re.compile(r"\b([A-Z]{1,3}[0-9]+)(?: to ([A-Z]{1,3}[0-9]+))?")


@dataclass(frozen=True)
class Outcome:
    """What is said amiss of a sheet, by kind, with the first cells; and whether its cause is said.

    `is_named` is None where nothing but the forward pass is wrong.
    """

    amiss: dict[str, tuple[str, ...]]
    is_named: bool | None

    @property
    def is_right(self):
        """Whether what is said is true."""
        return not self.amiss


def outcome(sheet, report):
    """Return what a report says amiss of a drawn sheet."""
    said = {(one.sheet, one.cell): one for one in report.cells}
    amiss = {}
    for claim in sheet.claims:
        kind = _amiss(sheet, claim, said.get(_place(claim.cell)))
        if kind:
            amiss.setdefault(kind, []).append(_place(claim.cell)[1])
    claimed = {_place(claim.cell) for claim in sheet.claims}
    others = [at for at, one in said.items() if at not in claimed and one.status == "wrong"]
    if others:
        amiss["what claims nothing is accused"] = [cell for _, cell in others]
    if (report.verdict == "right") != (not sheet.slip):
        amiss[f"verdict {report.verdict}"] = []
    if sheet.in_forward and not _is_said(sheet, report.notes):
        amiss["the forward pass is not said"] = []
    names = Counter(
        said[at].slip for at in map(_place, sheet.roots) if at in said and said[at].slip
    )
    is_formula = sheet.slip and not sheet.in_forward
    is_named = names.most_common(1)[0][0] in NAMES[sheet.slip] if is_formula and names else False
    found = {kind: tuple(cells[:4]) for kind, cells in amiss.items()}
    return Outcome(found, is_named if is_formula else None)


def _place(cell):
    sheet, row, column = cell
    return sheet, address_of(row - 1, column - 1)


def _amiss(sheet, claim, said):
    """Return what is amiss with what is said of one claim; "" for nothing."""
    status = said.status if said else "right"
    if claim.state is State.RIGHT and status in _ACCUSED:
        # Before a broken forward pass, a right number may come from a formula that is not.
        is_latent = sheet.in_forward and _LATENT in said.note
        return "" if is_latent else "an innocent is accused"
    if claim.state is State.ROOT and status != "wrong":
        return "the slip is missed"
    if claim.state is State.FOLLOWS and not sheet.in_forward:
        return _OF_FOLLOWERS.get(status, "")
    return ""


def _is_said(sheet, notes):
    """Whether a note on the forward pass names the cells with the slip, or some of them."""
    roots = {_place(root)[1] for root in sheet.roots}
    text = " ".join(note for note in notes if "forward pass: " in note)
    return any(
        _is_within(root, first, last or first)
        for first, last in _RANGES.findall(text)
        for root in roots
    )


def _is_within(cell, first, last):
    left, top, right, bottom = range_boundaries(f"{first}:{last}")
    own_left, own_top, _, _ = range_boundaries(f"{cell}:{cell}")
    return left <= own_left <= right and top <= own_top <= bottom
