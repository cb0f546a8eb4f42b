"""The README and docs/ as lists of blocks: commands, snippets, outputs, and marks that none sees.

An indented block holds commands to be pasted into bash, a line each. A fenced one says what it is
(toml, python, text). A text that follows commands or Python is what the last of them printed, where
… stands for any number of lines. `xlbackprop …` in a sentence is a command, too. A comment right
before a block says more of it:

    <!-- file: own.toml -->        the block is written into this file
    <!-- status: 1 -->             the exit status of its commands, if not 0
    <!-- not run: why -->          its commands are not run by tests/docs
    <!-- not compared: why -->     an output that differs from machine to machine
    <!-- prepare: two-mistakes --> a preparation by name, done there
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

_INLINE = re.compile(r"`(xlbackprop [^`\[]+)`")
_MARK = re.compile(r"<!-- ([a-z ]+): (.*) -->")


@dataclass(frozen=True)
class Block:
    """A block of a page: "commands", a fence's word, or "prepare" for a preparation's name."""

    kind: str
    lines: tuple[str, ...]
    number: int  # of its first line, from 1
    marks: Mapping[str, str]

    @property
    def text(self) -> str:
        """The block's lines, each with its end."""
        return "".join(f"{line}\n" for line in self.lines)


def blocks_of(path: Path) -> list[Block]:
    """Return the blocks of a page in their order."""
    return list(_blocks(path.read_text(encoding="utf-8").splitlines()))


def _blocks(lines: list[str]) -> Iterator[Block]:
    marks: dict[str, str] = {}
    number = 0
    while number < len(lines):
        line = lines[number]
        if found := _MARK.fullmatch(line):
            marks[found[1]] = found[2]
            if found[1] == "prepare":
                yield Block("prepare", (marks.pop("prepare"),), number + 1, {})
        elif line.startswith("```"):
            end = lines.index("```", number + 1)
            yield Block(line[3:].strip(), tuple(lines[number + 1 : end]), number + 1, marks)
            marks, number = {}, end
        elif line.startswith("    ") and not _is_in_a_list(lines, number):
            end = number
            while end < len(lines) and (lines[end].startswith("    ")):
                end += 1
            block = tuple(one[4:] for one in lines[number:end])
            yield Block("commands", block, number + 1, marks)
            marks, number = {}, end - 1
        elif line.strip():
            marks = {}
            if commands := _INLINE.findall(line):
                yield Block("commands", tuple(commands), number + 1, {})
        number += 1


def _is_in_a_list(lines: list[str], number: int) -> bool:
    """Tell whether an indented line goes on with a list's entry rather than being code."""
    return number > 0 and lines[number - 1].strip() != ""
