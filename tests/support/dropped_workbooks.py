"""A dozen workbooks as people, and attackers, drop them on the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl

import xlbackprop
from tests.support import hostile_workbooks
from tests.support.filling import fill
from tests.support.program import TWO_LAYERS
from tests.support.rich_workbook import write_rich_workbook
from tests.support.sheet_review import write_steps
from xlbackprop import Report, XlbackpropError

# What runs where it is taken for markup.
SCRIPT = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
# 120,000 cells and more.
LARGE = """\
name = "large"
input = [2, 84, 84]
[[layers]]
type = "conv2d"
filters = 4
kernel = 3
padding = 1
[values]
style = "normal"
"""


def _built(path: Path, spec: str = "conv5x5x2", **options: object) -> Path:
    return xlbackprop.build(spec, path, **options)


def _wrong(path: Path) -> None:
    fill(_built(path), {("conv1.dL_dw", (1, 0, 0, 1)): 99, ("conv1.dL_dh", (1, 2, 2)): None})


def _typed_as_text(path: Path) -> None:
    fill(_built(path), {("conv1.dL_db", (0,)): (None, "1,5")})


def _scripted(path: Path) -> None:
    fill(_built(path), {("conv1.dL_dw", (0, 0, 0, 0)): (None, SCRIPT)})


def _own_layout(path: Path) -> None:
    book = openpyxl.load_workbook(_built(path))
    book.remove(book["_xlbackprop"])
    for name in list(book.defined_names):
        del book.defined_names[name]
    book.save(path)


def _bomb(path: Path) -> None:
    bomb = hostile_workbooks.packed(b"", b"\0", 1_000_000_000, b"")
    hostile_workbooks.write(path, {**hostile_workbooks.built(), hostile_workbooks.PAGE: bomb})


def _corrupt(path: Path) -> None:
    content = _built(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _large(path: Path) -> None:
    spec = path.with_suffix(".toml")
    spec.write_text(LARGE)
    _built(path, str(spec))


def _two_layers(path: Path) -> None:
    spec = path.with_suffix(".toml")
    spec.write_text(TWO_LAYERS)
    _built(path, str(spec))


MADE: dict[str, Callable[[Path], object]] = {
    "right.xlsx": _built,
    "wrong.xlsx": _wrong,
    "blank.xlsx": lambda path: _built(path, blank=["dL_dw", "dL_dh"]),
    "two layers.xlsx": _two_layers,
    "training.xlsx": lambda path: _built(path, "mlp-2-2-2", blank=["dL_dw"]),
    "text.xlsx": _typed_as_text,
    "script.xlsx": _scripted,
    "own.xlsx": write_steps,
    "unnamed.xlsx": _own_layout,
    "macros.xlsm": lambda path: write_rich_workbook(path, macros=True),
    "large.xlsx": _large,
    "bomb.xlsx": _bomb,
    "corrupt.xlsx": _corrupt,
    "letter.xlsx": lambda path: path.write_text("Dear Sir or Madam"),
}


def made(name: str, folder: Path) -> Path:
    """Write a workbook into a folder."""
    path = folder / name
    MADE[name](path)
    return path


def by_command_line(path: Path) -> Report | str:
    """Return what the program says of a workbook at the command line, or why it refuses it."""
    try:
        return xlbackprop.check(path)
    except XlbackpropError as error:
        return str(error)
