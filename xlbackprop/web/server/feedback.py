"""What a student is told of a workbook that is dropped: at the teacher's level, and of its own."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from xlbackprop.classroom.assignments.assignment import HANDOUT, Assignment
from xlbackprop.classroom.assignments.key_table import save_private
from xlbackprop.classroom.marking.grades import GradeOptions
from xlbackprop.classroom.marking.identity import Owners
from xlbackprop.classroom.marking.marking import JUDGED, PLACE_OF_POINTS, Setup
from xlbackprop.classroom.marking.whole_class import setup_of
from xlbackprop.report.hints import Hints
from xlbackprop.web.tasks import Answer, refused
from xlbackprop.workbook.engine.settings import Limits

LINKS = "links.csv"


@dataclass(frozen=True)
class Feedback:
    """An assignment as it is served: at which level of hints."""

    assignment: Assignment
    hints: Hints = Hints.RULE

    def setup(self, limits: Limits) -> Setup:
        """Return how its workbooks are marked."""
        options = GradeOptions(hints=self.hints, seconds=limits.seconds, megabytes=limits.megabytes)
        return setup_of(self.assignment, options)

    def by_ticket(self) -> dict[str, str]:
        """Return the students' ids by what lets them in."""
        return {self.assignment.ticket(one): one for one in self.assignment.students}

    def write_links(self, address: str) -> Path:
        """Write each student's link into links.csv, readable by its owner only, and return it."""
        path, text = self.assignment.folder / LINKS, StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["id", "link"])
        # Behind the #, so that no log and no other site ever has it.
        writer.writerows(
            [one, f"{address}#ticket={ticket}"] for ticket, one in self.by_ticket().items()
        )
        save_private(path, text.getvalue().encode())
        return path

    def about(self, student: str) -> dict[str, object]:
        """Return what a student is told of the assignment."""
        handed = self.assignment.students[student]
        name = "" if self.assignment.anonymous else handed.name
        return {
            "name": self.assignment.name,
            "student": name or student,
            "blank": sorted(self.assignment.blank),
            "hints": self.hints.word,
        }

    def workbook(self, student: str) -> bytes:
        """Return the workbook that a student was handed. Raises OSError where it is gone."""
        return (self.assignment.folder / HANDOUT / f"{student}.xlsx").read_bytes()

    def told(self, student: str, marked: Answer) -> Answer:
        """Return what a student is told of a workbook that was marked."""
        record = marked.header
        if record.get("status") != JUDGED:
            return refused(str(record.get("reason") or record.get("error") or "it cannot be read"))
        own = Owners(self.assignment).identity(record, student)
        if own.other:
            return refused("this is not your workbook: drop the one that was handed out to you")
        counts: Counter[str] = Counter()
        for one in record["tensors"].values():
            counts.update(one["counts"])
        changed = "the numbers in the workbook are not those that were handed out to you"
        header = {
            "file": f"{self.assignment.name}.xlsx",
            "verdict": _verdict(counts, is_whole=not record["not_judged"]),
            "counts": dict(counts),
            "explains": False,
            "notes": list(record["notes"]),
            "remarks": [changed] if own.is_changed else [],
            "marked": f"{self.assignment.name}-marked.xlsx" if marked.file else "",
            "why_not_marked": "the workbook allows none",
        }
        return Answer(header, marked.page.replace(PLACE_OF_POINTS, b""), marked.file)


def _verdict(counts: Counter[str], *, is_whole: bool) -> str:
    if set(counts) <= {"right"} and is_whole:
        return "right"
    return "incomplete" if set(counts) <= {"right", "blank"} else "wrong"
