"""Classes of students for tests: what each hands in, and what that is worth."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import xlbackprop
from tests.support.filling import fill
from xlbackprop.classroom.assignments.assignment import Assignment, Handed, load_assignment
from xlbackprop.classroom.marking import whole_class
from xlbackprop.classroom.marking.marking import Marked, Marker, Setup
from xlbackprop.classroom.marking.pool import Task
from xlbackprop.equation import Array
from xlbackprop.workbook.builder import contents_of
from xlbackprop.workbook.description import Handout
from xlbackprop.workbook.write.write import write_workbook

W, H = "conv1.dL_dw", "conv1.dL_dh"


class Class:
    """An assignment on conv5x5x2, and a folder into which its students hand in."""

    def __init__(self, folder: Path, students: int, *, anonymous: bool = False) -> None:
        self.folder, self.submissions = folder / "hw1", folder / "submissions"
        lines = [f"s{number},Student {number}" for number in range(students)]
        (folder / "roster.csv").write_text("\n".join(["id,name", *lines]) + "\n", encoding="utf-8")
        xlbackprop.assign(
            "conv5x5x2", folder / "roster.csv", self.folder, blank=["dL_dw", "dL_dh"],
            points={"dL_dw": 40, "dL_dh": 60}, anonymous=anonymous,
        )  # fmt: skip
        self.submissions.mkdir()
        self.assignment: Assignment = load_assignment(self.folder)

    def student(self, number: int) -> Handed:
        own = self.assignment
        return own.students[own.token(f"s{number}") if own.anonymous else f"s{number}"]

    def arrays(self, number: int) -> dict[str, Array]:
        """Return the true arrays of a student's page."""
        network = self.assignment.network
        return network.evaluate(self.assignment.values(self.student(number)))

    def path(self, number: int, name: str = "") -> Path:
        return self.submissions / (name or f"s{number}.xlsx")

    def handout(self, number: int) -> bytes:
        return (self.folder / "handout" / f"{self.student(number).id}.xlsx").read_bytes()

    def hand_in_formulas(self, number: int, name: str = "") -> Path:
        """Hand in a page that is right, by formulas."""
        own, path = self.student(number), self.path(number, name)
        handout = Handout("hw1", own.id, self.assignment.seal(own.id), own.name)
        values = self.assignment.values(own)
        contents = contents_of(self.assignment.network, values, frozenset(), handout=handout)
        path.write_bytes(write_workbook(contents))
        return path

    def hand_in_numbers(self, number: int, name: str = "", **changed: Array) -> Path:
        """Hand in a page with typed numbers: the right ones to two decimals, or others."""
        path = self.path(number, name)
        path.write_bytes(self.handout(number))
        arrays = self.arrays(number)
        fill(path, {
            (tensor, index): round(float(entry), 2)
            for tensor, short in ((W, "dL_dw"), (H, "dL_dh"))
            for index, entry in np.ndenumerate(changed.get(short, arrays[tensor]))
        })  # fmt: skip
        return path

    def worth(self, number: int, tensor: str, typed: Array, most: float) -> float:
        """Return what typed numbers are worth: those that are right to two decimals."""
        right = np.abs(np.round(typed, 2) - self.arrays(number)[tensor]) <= 0.005 + 1e-9
        return round(most * float(right.mean()), 2)

    def slip(self, number: int, tensor: str, name: str) -> Array:
        """Return what a student's tensor is with a well-known mistake."""
        equation = self.assignment.network.equation_of[tensor]
        slip = next(one for one in equation.slips if one.name == name)
        return equation.evaluate_slip(slip, self.arrays(number))


@contextmanager
def marked_here() -> Iterator[None]:
    """Have files marked in this process: what a worker is started for has tests of its own."""

    def mark(setup: Setup, tasks: Iterable[Task], _: int) -> Iterator[tuple[Task, Marked]]:
        marker = Marker(setup)
        for task in tasks:
            yield task, marker.mark(task.read(), task.suffix)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_class, "mark_all", mark)
        yield


def texts_of(path: Path) -> Iterator[bytes]:
    """Yield all that a file holds: its name, and itself or what is packed in it."""
    content = path.read_bytes()
    if path.suffix == ".page":
        content = zlib.decompress(content)
    yield path.name.encode()
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode() + b"\n" + archive.read(name)
    else:
        yield content


def holding(
    folder: Path, words: Iterable[str | bytes], *, but: Collection[str] = ()
) -> set[tuple[str, str | bytes]]:
    """Return which files below a folder hold one of the words, and which."""
    return {
        (str(path.relative_to(folder)), word)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in but
        for text in texts_of(path)
        for word in words
        if (word.encode() if isinstance(word, str) else word) in text
    }
