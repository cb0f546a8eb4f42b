"""What is said of a single cell that is not right."""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.equation import Index


@dataclass(frozen=True)
class CellResult:
    """One graded cell that is not right; None stands for what is not there, known, or told.

    `slip` is the name of the mistake that explains the cell, and `hint` the whole message of the
    diagnosis: the name, where it was made, and what to do about it. `cause` is the number of the
    report's cause that the cell belongs to, from 1.
    """

    sheet: str
    cell: str
    tensor: str
    index: Index
    status: str
    found: float | str | None
    expected: float | None
    from_your_cells: float | None
    formula: str | None
    note: str
    slip: str = ""
    hint: str = ""
    cause: int = 0

    @property
    def why(self) -> str:
        """The slip's name and the note, in one line."""
        return "; ".join(filter(None, (self.slip, self.note)))
