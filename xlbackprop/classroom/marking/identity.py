"""Whose a workbook is: by its numbers, by what it says of itself, and by its file's name."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from xlbackprop.classroom.assignments.assignment import Assignment
from xlbackprop.classroom.marking.marking import Record


@dataclass(frozen=True)
class Identity:
    """Whose row a file belongs to ("" for nobody's), and whose workbook it is.

    Where the two differ, `other` is the student whose workbook it is. `is_changed` says that the
    numbers on the page are nobody's, and so not those that were handed out.
    """

    owner: str
    other: str = ""
    is_changed: bool = False
    reason: str = ""


class Owners:
    """Finds out whose workbooks are."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        students = assignment.students.values()
        self._by_numbers: dict[str, str] = {}
        if not assignment.same:
            self._by_numbers = {one.numbers: one.id for one in students}
        self._handed = {one.numbers for one in students}

    def identity(self, record: Record, named: str | None) -> Identity:
        """Return whose a file is; `named` is the student whom its name means."""
        numbers = str(record.get("numbers", ""))
        is_changed = bool(numbers) and numbers not in self._handed
        by_numbers = self._by_numbers.get(numbers)
        sealed, doubt = self._sealed(record.get("claim"))
        content = by_numbers or sealed
        own = named or sealed or by_numbers or ""
        if content and own and content != own:
            return Identity(own, content, reason=self._contradiction(own, content, named, sealed))
        return Identity(own, is_changed=is_changed, reason=doubt if own else "")

    def _sealed(self, claim: Mapping[str, str] | None) -> tuple[str | None, str]:
        """Return to whom a workbook was handed out, if its seal shows that; else what is odd."""
        if not claim:
            return None, "its description of itself is gone"
        student = claim["student"]
        seal = self._assignment.seal(student)
        if claim["assignment"] != self._assignment.name:
            return None, "it was handed out for another assignment"
        if student in self._assignment.students and hmac.compare_digest(
            seal.encode(), claim["seal"].encode()
        ):
            return student, ""
        return None, "its description of itself was changed"

    @staticmethod
    def _contradiction(own: str, content: str, named: str | None, sealed: str | None) -> str:
        if named and sealed == content:
            return f"the file's name says {own}, and the workbook was handed out to {content}"
        said = "the file's name" if named else "the workbook"
        return f"{said} says {own}, and the numbers on the page are those of {content}"
