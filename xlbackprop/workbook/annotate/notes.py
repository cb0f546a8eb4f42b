"""The notes that a sheet's cells carry: added, appended to those that are there, taken away."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import compress

from xlbackprop.formula.addresses import MAX_COLUMNS, cell
from xlbackprop.workbook.annotate.document import Document, Element
from xlbackprop.workbook.annotate.edits import xml_text
from xlbackprop.workbook.annotate.marks import AUTHOR, COLOURS
from xlbackprop.workbook.read.cell_reader import parse_reference

# How a note ends, so that ours are found again, where a program has left out the author too.
SIGNATURE = f"— {AUTHOR}"
_LONGEST = 2_000  # characters; a box with more is not read
_FIRST_WORDS = tuple(f"{status.upper()}:" for status in COLOURS)
# What we append to a note: from a gap and a first word to the nearest signature.
_BEGIN = rf"\n\n(?:{'|'.join(_FIRST_WORDS)})"
_APPENDED = re.compile(rf"{_BEGIN}(?:(?!{_BEGIN}).)*?{SIGNATURE}", re.DOTALL)
# A thread's text is kept elsewhere; the note of its cell is a stand-in for older programs.
_THREAD = "tc="


@dataclass(frozen=True)
class Note:
    """A note: the first word in bold, then the text."""

    word: str
    text: str

    @property
    def lines(self) -> list[str]:
        """What is shown, line by line."""
        return [*f"{self.word}: {self.text[:_LONGEST]}".splitlines(), SIGNATURE]


@dataclass(frozen=True)
class Changes:
    """What becomes of a sheet's notes: cells by row * MAX_COLUMNS + column."""

    content: bytes
    removed: frozenset[int]
    added: frozenset[int]
    left_out: frozenset[int]  # they have threads, to which nothing can be added


def empty_notes(namespace: str) -> bytes:
    """Return a part for notes that has none."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<comments xmlns="{namespace}"><authors/><commentList/></comments>'
    ).encode()


def change_notes(part: str, content: bytes, notes: Mapping[int, Note]) -> Changes:
    """Put notes into a part, beside the user's own, and take our earlier ones away.

    A cell that has a note keeps it; ours is appended to its text. Raises WorkbookError where the
    part is damaged.
    """
    return _Notes(Document(part, content)).changed(notes)


class _Notes:
    """The notes of a part, ours and the user's."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.list = document.need("commentList")
        self.authors = document.need("authors")
        self._names = [author.text for author in self.authors.children]
        self.ours, self.theirs = dict[int, list[Element]](), dict[int, Element]()
        for comment in self.list.all("comment"):
            key = _key(comment.get("ref"))
            if self._is_ours(comment):
                self.ours.setdefault(key, []).append(comment)
            else:
                self.theirs[key] = comment

    def changed(self, notes: Mapping[int, Note]) -> Changes:
        for comments in self.ours.values():
            for comment in comments:
                self.document.remove(comment)
        for comment in self.theirs.values():
            self._take_back(comment)
        left_out = {key for key in notes if not self._put(key, notes[key])}
        return Changes(
            self.document.result(),
            frozenset(self.ours) - frozenset(self.theirs),
            frozenset(notes) - frozenset(self.theirs),
            frozenset(left_out),
        )

    def _put(self, key: int, note: Note) -> bool:
        if key in self.theirs:
            return self._append(self.theirs[key], note)
        p, author = self.document.prefix, self._author()
        reference = cell(*divmod(key, MAX_COLUMNS))
        self.document.append_to(
            self.list,
            f'<{p}comment ref="{reference}" authorId="{author}"><{p}text>{_runs(p, note)}'
            f"</{p}text></{p}comment>",
        )
        return True

    def _append(self, comment: Element, note: Note) -> bool:
        text = comment.child("text")
        if text is None or self._author_of(comment).startswith(_THREAD):
            return False
        document, p = self.document, self.document.prefix
        plain, runs = text.child("t"), _runs(p, note, "\n\n")
        last = next(reversed([child for child in text.children if child.name == "r"]), plain)
        if last is None:
            document.append_to(text, runs)
            return True
        if plain is not None:  # a text that is not in runs would stand alone
            document.insert(plain.start, f"<{p}r>")
            document.insert(plain.end, f"</{p}r>")
        document.insert(last.end, runs)
        return True

    def _take_back(self, comment: Element) -> None:
        """Remove what was appended to a note of the user's earlier.

        It is told by its words alone: some programs put all of a note's runs together.
        """
        text = comment.child("text")
        runs = [run for run in text.children if run.name in ("r", "t")] if text else []
        whole = "".join(map(_text, runs))
        is_theirs = bytearray(b"\1") * len(whole)
        for match in _APPENDED.finditer(whole):
            is_theirs[match.start() : match.end()] = bytes(len(match[0]))
        if all(is_theirs):
            return
        at = 0
        for run in runs:
            after = at + len(_text(run))
            if any(is_theirs[at:after]):
                self._keep(run, is_theirs[at:after])
            else:
                self.document.remove(run)
            at = after

    def _keep(self, run: Element, is_kept: Sequence[int]) -> None:
        """Remove the letters of a run that are not to be kept."""
        at = 0
        for part in [run] if run.name == "t" else run.all("t"):
            after = at + len(part.text)
            kept = "".join(compress(part.text, is_kept[at:after]))
            if kept != part.text:
                inside = self.document.end_of_tag(part.start)
                self.document.replace(inside, part.outside, escape(kept, quote=False))
            at = after

    def _author(self) -> int:
        if AUTHOR not in self._names:
            p = self.document.prefix
            self.document.append_to(self.authors, f"<{p}author>{AUTHOR}</{p}author>")
            self._names.append(AUTHOR)
        return self._names.index(AUTHOR)

    def _is_ours(self, comment: Element) -> bool:
        """Return whether a note is as we made it: one that was written on is the user's."""
        text = comment.child("text")
        runs = "".join(_text(run) for run in text.children) if text else ""
        return runs.startswith(_FIRST_WORDS) and runs.rstrip().endswith(SIGNATURE)

    def _author_of(self, comment: Element) -> str:
        number = comment.get("authorId")
        if number.isdecimal() and int(number) < len(self._names):
            return self._names[int(number)]
        return ""


def _key(reference: str) -> int:
    row, column = parse_reference(reference)
    return row * MAX_COLUMNS + column


def _text(run: Element) -> str:
    """Return the text of a run, or of a text that is in no run."""
    return run.text if run.name == "t" else "".join(t.text for t in run.all("t"))


def _runs(p: str, note: Note, gap: str = "") -> str:
    first, rest = note.lines[0].partition(":")[::2]
    lines = "\n".join([rest, *note.lines[1:]])
    return _run(p, f"{gap}{first}:", bold=True) + _run(p, lines, bold=False)


def _run(p: str, text: str, *, bold: bool) -> str:
    return (
        f'<{p}r><{p}rPr>{f"<{p}b/>" if bold else ""}<{p}sz val="9"/><{p}color indexed="81"/>'
        f'<{p}rFont val="Tahoma"/><{p}family val="2"/></{p}rPr>'
        f'<{p}t xml:space="preserve">{xml_text(text)}</{p}t></{p}r>'
    )
