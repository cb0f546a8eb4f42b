"""Verdicts as data: what `check` found, to be printed, written as JSON, or made a DataFrame."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from xlbackprop.judge.diagnosis import UNKNOWN
from xlbackprop.judge.review import GivensChanged, NotJudged
from xlbackprop.report.causes import Cause, base_name, with_causes
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.hints import Hints
from xlbackprop.report.notebook import report_html

if TYPE_CHECKING:
    import pandas as pd

# What a tensor's diagnosis is called where a tie was decided in another way than the page's.
TIE = "none: a tie"


@dataclass(frozen=True)
class TensorResult:
    """How many cells of a tensor have each status, and what explains them.

    `rule` is the equation as one line of text. Each entry of `diagnosis` has a "slip" and a
    "message". The slip is the name of a well-known mistake, "one of: …" where several give the
    same numbers, "unknown" where none explains wrong cells, or "none: a tie" where another valid
    answer was accepted.
    """

    name: str
    counts: Mapping[str, int]
    rule: str = ""
    diagnosis: tuple[Mapping[str, str], ...] = ()

    @property
    def has_unknown(self) -> bool:
        """Whether no known mistake explains some of its wrong cells."""
        return any(one["slip"] == UNKNOWN for one in self.diagnosis)

    @property
    def ties(self) -> tuple[str, ...]:
        """What is said of answers that were accepted though they are not the page's."""
        return tuple(one["message"] or TIE for one in self.diagnosis if one["slip"] == TIE)

    @property
    def base_name(self) -> str:
        """The name without the training step: the same tensor's in all of them."""
        return base_name(self.name)


@dataclass(frozen=True)
class Yours:
    """How many cells were the user's to fill in, and how many of them are right."""

    cells: int
    right: int

    def __str__(self) -> str:
        return f"{self.right:,} of {self.cells:,} that were yours are right"


@dataclass(frozen=True)
class Report:
    """The outcome of a check.

    `verdict` is "right", "wrong" (something is wrong or invalid, or overflows) or "incomplete"
    (nothing is wrong, but cells are blank, a tensor that seems to be there could not be judged,
    no formula has been computed, or what was asked for could not be tried). `cells` lists every
    graded cell that is not right: wrong ones first, carried ones last. `notes` are on the workbook
    as a whole, `givens_changed` says which givens and parameters are not those that were handed
    out, `not_judged` names every computed tensor that was not judged, and `not_tried` has those of
    the notes that say what could not be tried. `causes` has a line for each mistake, however many
    cells it has spoilt, and `yours` counts what was left to the user, where that is known.
    """

    workbook: str
    verdict: str
    counts: Mapping[str, int]
    tensors: tuple[TensorResult, ...]
    cells: tuple[CellResult, ...]
    notes: tuple[str, ...] = ()
    givens_changed: tuple[GivensChanged, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    not_tried: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    yours: Yours | None = None

    def told(self, hints: Hints) -> Report:
        """Return the report with no more in it than the level of hints allows."""
        told = replace(
            self,
            tensors=tuple(_tensor_told(tensor, hints) for tensor in self.tensors),
            cells=tuple(_cell_told(cell, hints) for cell in self.cells),
        )
        return told.with_causes()

    def with_causes(self) -> Report:
        """Return the report with its cells put together by what explains them."""
        sizes = {tensor.name: sum(tensor.counts.values()) for tensor in self.tensors}
        unknown = {tensor.name for tensor in self.tensors if tensor.has_unknown}
        causes, cells = with_causes(self.cells, sizes, unknown)
        return replace(self, causes=causes, cells=cells)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain lists and dictionaries."""
        return asdict(self)

    def to_json(self) -> str:
        """Return the report as one JSON document, ASCII only."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False)

    def _repr_html_(self) -> str:
        """Return the report as a notebook shows it."""
        return report_html(
            self.workbook, self.verdict, self.counts, self.causes, self.cells, self.notes
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the cells as a DataFrame: a row for each, a column for each field."""
        import pandas as pd  # noqa: PLC0415  (half a second that not every check needs)

        return pd.DataFrame(
            [vars(cell) for cell in self.cells], columns=list(CellResult.__dataclass_fields__)
        )


def _tensor_told(tensor: TensorResult, hints: Hints) -> TensorResult:
    if hints >= Hints.RULE:
        return tensor
    named = tuple({**diagnosis, "message": ""} for diagnosis in tensor.diagnosis)
    return replace(tensor, rule="", diagnosis=named if hints >= Hints.KIND else ())


def _cell_told(cell: CellResult, hints: Hints) -> CellResult:
    if hints >= Hints.ANSWER:
        return cell
    told = replace(cell, expected=None, from_your_cells=None)
    if hints >= Hints.RULE:
        return told
    told = replace(told, hint="")
    return told if hints >= Hints.KIND else replace(told, note="", slip="")
