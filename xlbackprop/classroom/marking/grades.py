"""The results of a class as data, and how they are to be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from xlbackprop.classroom.assignments.assignment import Assignment
from xlbackprop.classroom.marking.changes import Change
from xlbackprop.classroom.marking.points import Score
from xlbackprop.report.hints import Hints

if TYPE_CHECKING:
    import pandas as pd

GRADED, MISSING, UNREADABLE, OTHERS, LATE = (
    "graded", "missing", "unreadable", "other student's", "late",
)  # fmt: skip


@dataclass(frozen=True)
class Graded:
    """One student's result; `file` is the submission that counts, "" where there is none."""

    id: str
    status: str
    score: Score
    note: str = ""
    file: str = ""
    key: str = ""  # of the record
    digest: str = ""  # of what the file holds

    @property
    def points(self) -> float:
        """The points in all."""
        return self.score.points


@dataclass(frozen=True)
class Unassigned:
    """A file that is nobody's, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Grades:
    """The results of a class, in the order of its students.

    `marked` files were marked just now, `kept` ones before. `changes` are the points that are
    not what they were the last time. In an anonymous assignment, `paths` says which file is meant
    by which word.
    """

    assignment: Assignment
    results: tuple[Graded, ...]
    unassigned: tuple[Unassigned, ...] = ()
    changes: tuple[Change, ...] = ()
    marked: int = 0
    kept: int = 0
    paths: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> float:
        """The points that can be had."""
        return round(sum(self.assignment.points.values()), 2)

    def to_frame(self) -> pd.DataFrame:
        """Return the results as a DataFrame, with the columns of grades.csv."""
        import pandas as pd  # noqa: PLC0415  (half a second that not everybody needs)

        return pd.DataFrame(self.rows())

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each student: the columns of grades.csv."""
        return [
            {
                "id": one.id,
                "points": one.points,
                "max_points": self.most,
                "status": one.status,
                "note": one.note,
                **{f"points.{name}": own for name, own in one.score.tensors.items()},
            }
            for one in self.results
        ]


@dataclass(frozen=True)
class GradeOptions:
    """How a class is marked.

    `hints` is what feedback tells, `prove` and `formulas` are those of `check`. What was changed
    last after `due` (local time) is late. Each file has `seconds` and `megabytes` of its own.
    `cluster` is the address of a Dask scheduler whose workers mark, and not `jobs` processes here.
    With `force` all files are marked anew, and without `feedback` no pages and copies are made.
    With `names` the page on the class says who has made which mistake.
    """

    jobs: int = 0  # 0: one for each processor
    cluster: str = ""
    hints: Hints = Hints.RULE
    prove: int = 0
    formulas: bool = False
    due: datetime | None = None
    feedback: bool = True
    names: bool = False
    force: bool = False
    seconds: float = 30.0
    megabytes: int = 1_000


DEFAULT_OPTIONS = GradeOptions()
