"""What has been handed in: the files of a folder or a zip archive, and whose they say they are."""

from __future__ import annotations

import os
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from xlbackprop.classroom.assignments.assignment import Assignment
from xlbackprop.classroom.assignments.roster import Student
from xlbackprop.errors import AssignmentError, one_line
from xlbackprop.spec.regular import read_regular

MOST_BYTES = 30_000_000
MOST_FILES = 200_000
_NOT_HANDED_IN = ("__MACOSX", "Thumbs.db", "desktop.ini")

# Full Name_123456_assignsubmission_file_/mine.xlsx, with what a platform adds to the number
_MOODLE = re.compile(r"(.+?)_(\d+)_assign(?:submission|feedback)_\w+?_?")
# lovelaceada_LATE_4711_98765_mine-1.xlsx
_CANVAS = re.compile(r"([^_]+)_(LATE_)?(\d+)_(\d+)_.+")


@dataclass(frozen=True)
class Submitted:
    """A file that was handed in: its path in the folder or archive, and its last change."""

    path: str
    when: datetime  # local time
    source: Path  # the folder's file, or the archive
    is_in_archive: bool = False

    def read(self) -> bytes:
        """Return its bytes. Raises OSError or ValueError where it cannot be, or is too large."""
        if not self.is_in_archive:
            return read_regular(self.source, MOST_BYTES)
        try:
            with zipfile.ZipFile(self.source) as archive, archive.open(self.path) as file:
                content = file.read(MOST_BYTES + 1)
        except NotImplementedError:
            raise ValueError("packed in a way that cannot be read") from None
        except RuntimeError:
            raise ValueError("encrypted in the archive") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError):
            raise ValueError("damaged in the archive") from None  # their texts name the file
        if len(content) > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
        return content

    @property
    def is_marked_late(self) -> bool:
        """Whether a learning platform has put LATE into its name."""
        found = _CANVAS.fullmatch(PurePosixPath(self.path).name)
        return bool(found and found[2])


def find_submissions(source: Path) -> list[Submitted]:
    """Return the files of a folder or a zip archive, in the order of their paths.

    Links are not followed; hidden files, and what systems put beside them, are left out.
    Raises AssignmentError where there is neither, or nothing in it.
    """
    try:
        if source.is_dir():
            found = list(_in_folder(source))
        elif source.is_file() and zipfile.is_zipfile(source):
            found = list(_in_archive(source))
            if any(one.path == "[Content_Types].xml" for one in found):
                raise AssignmentError(
                    f"{one_line(source, 120)} is one workbook: name the folder that it is in"
                )
        else:
            what = "neither a folder nor a zip archive" if source.exists() else "not there"
            raise AssignmentError(f"{one_line(source, 120)} is {what}")
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise AssignmentError(
            f"{one_line(source, 120)} cannot be read: {one_line(error)}"
        ) from None
    if not found:
        raise AssignmentError(f"{one_line(source, 120)} holds no files")
    if len(found) > MOST_FILES:
        raise AssignmentError(f"{one_line(source, 120)} holds more than {MOST_FILES:,} files")
    return sorted(found, key=lambda one: one.path)


def _in_folder(folder: Path) -> Iterator[Submitted]:
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if _is_handed_in(name)]
        for name in filter(_is_handed_in, names):
            path = Path(here, name)
            if not path.is_symlink():
                inside = path.relative_to(folder).as_posix()
                yield Submitted(inside, datetime.fromtimestamp(path.lstat().st_mtime), path)


def _in_archive(source: Path) -> Iterator[Submitted]:
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            parts = PurePosixPath(info.filename).parts
            if not info.is_dir() and parts and all(map(_is_handed_in, parts)):
                yield Submitted(info.filename, _time_of(info), source, is_in_archive=True)


def _time_of(info: zipfile.ZipInfo) -> datetime:
    try:
        return datetime(*info.date_time)
    except ValueError:
        return datetime(1980, 1, 1)


def _is_handed_in(name: str) -> bool:
    return not name.startswith((".", "~$")) and name not in _NOT_HANDED_IN


class Names:
    """Whom a file's name means: by id, or by a learning platform's way to name downloads."""

    def __init__(self, assignment: Assignment) -> None:
        people = assignment.people.items()
        self._ids = {one.casefold(): one for one in assignment.students}
        self._ids |= {one.id.casefold(): own for own, one in people}
        self._names = _unique(people)

    def owner(self, path: str) -> str | None:
        """Return the id of the one student whom a path names, or None."""
        parts = PurePosixPath(path).parts
        places = [PurePosixPath(parts[-1]).stem, *reversed(parts[:-1])]
        for place in places:
            if own := self._ids.get(place.casefold()):
                return own
        for place in places:
            found = {own for own in self._by_platform(place) if own}
            if len(found) == 1:
                return found.pop()
        return None

    def _by_platform(self, place: str) -> Iterator[str | None]:
        if moodle := _MOODLE.fullmatch(place):
            yield self._ids.get(moodle[2])
            yield self._names.get(_letters(moodle[1]))
        elif canvas := _CANVAS.fullmatch(place):
            yield self._ids.get(canvas[3])
            yield self._names.get(_letters(canvas[1]))


def _unique(people: Iterable[tuple[str, Student]]) -> Mapping[str, str | None]:
    """Return the ids by names in both orders; None for names that several have."""
    names: dict[str, str | None] = {}
    for own, one in people:
        words = re.split(r"[\s,]+", one.name.strip())
        forms = {_letters(one.name), _letters(" ".join((words[-1], *words[:-1])))} - {""}
        for form in forms:
            names[form] = None if form in names else own
    return names


def _letters(name: str) -> str:
    """Return a name's letters and digits alone, as platforms make parts of paths of them."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain.casefold() if c.isalnum())
