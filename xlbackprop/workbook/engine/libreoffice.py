"""LibreOffice without a screen: converts a copy of a file, recalculated from scratch.

Each run has a profile of its own, in which macros are off and links to other files are never
followed, and is ended with all that it started when its time is up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xlbackprop.errors import EngineError, WorkbookError
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.cell_list import UNABLE, CellList, Values
from xlbackprop.workbook.engine.engine import EngineStopped
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.workbook import Workbook, open_workbook

# Of the megabytes it asks for, it uses few: an empty sheet takes 1,500.
_MEGABYTES_OF_ITS_OWN = 2_000

_MOST_WRITTEN = 1_000_000  # of 512 bytes, in one file

_FORMAT = "xlsx:Calc MS Excel 2007 XML"

_SETTINGS = (
    # It believes the saved values of a file, unless it is told not to (0: always recalculate).
    ("Calc/Formula/Load", "OOXMLRecalcMode", 0),
    ("Calc/Formula/Load", "ODFRecalcMode", 0),
    ("Calc/Content/Update", "Link", 2),  # never
    ("Common/Security/Scripting", "MacroSecurityLevel", 3),  # trusted places only, of which
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),  # there are none
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
)


def find_libreoffice() -> str:
    """Return the program's path. Raises EngineError where it is not installed."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise EngineError("LibreOffice (soffice) is not installed, or not on the PATH")
    return program


def convert(path: Path, folder: Path, limits: Limits, kind: str = "") -> Path:
    """Return a copy of a file as .xlsx, all formulas recalculated, in an empty folder.

    `kind` is the filter with which LibreOffice reads the file; without one it looks for itself.
    Raises EngineError without LibreOffice, EngineStopped where it comes to no result.
    """
    program, profile, out = find_libreoffice(), folder / "profile", folder / "converted"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_settings())
    # A name that is our own: what a stranger calls a file is no option, and has no odd letters.
    source = folder / "workbook.in"
    shutil.copyfile(path, source)
    options = ["--headless", "--norestore", "--convert-to", _FORMAT, "--outdir", str(out)]
    options += [f"--infilter={kind}"] if kind else []
    profile_option = f"-env:UserInstallation={profile.as_uri()}"
    _run([program, profile_option, *options, str(source)], limits)
    copy = out / "workbook.xlsx"
    if not copy.is_file():
        raise EngineStopped("LibreOffice could not convert the file")
    return copy


@dataclass(frozen=True)
class LibreOffice:
    """A workbook to be recalculated by LibreOffice."""

    path: Path
    limits: Limits

    def values(self, cells: CellList) -> Values:
        """Return what the cells hold after all formulas have been evaluated anew."""
        with tempfile.TemporaryDirectory(prefix="xlbackprop") as folder:
            tell("LibreOffice recalculates the workbook")
            copy = convert(self.path, Path(folder), self.limits)
            try:
                with open_workbook(copy) as workbook:
                    return _values(workbook, cells)
            except WorkbookError as error:
                raise EngineStopped(f"what LibreOffice saved cannot be read: {error}") from None


def _values(workbook: Workbook, cells: CellList) -> Values:
    kinds = np.full(len(cells), State.BLANK, dtype=np.int8)
    numbers = np.full(len(cells), np.nan)
    texts: dict[int, str] = {}
    for sheet, name in enumerate(cells.sheets):
        (here,) = np.nonzero(cells.cells[:, 0] == sheet)
        stored = workbook.cells(name)
        at = stored.find(cells.cells[here, 1], cells.cells[here, 2])
        here, at = here[at >= 0], at[at >= 0]
        kinds[here], numbers[here] = stored.states[at], stored.numbers[at]
        for position in np.nonzero(stored.states[at] != State.NUMBER)[0]:
            text = stored.texts.get(int(at[position]))
            if text is not None:
                texts[int(here[position])] = text
    unknown = [at for at, text in texts.items() if kinds[at] == State.ERROR and text == "#NAME?"]
    kinds[unknown] = UNABLE
    return Values(kinds, numbers, texts)


def _run(command: list[str], limits: Limits) -> None:
    if os.name == "posix":  # limits that all it starts will have, too
        kilobytes = (limits.megabytes + _MEGABYTES_OF_ITS_OWN) << 10
        command = [
            "/bin/sh",
            "-c",
            f'ulimit -c 0 -f {_MOST_WRITTEN} -v {kilobytes}; exec "$@"',
            "sh",
            *command,
        ]
    process = subprocess.Popen(  # noqa: S603  (no shell sees anything of the file)
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(limits.seconds)
    except subprocess.TimeoutExpired:
        raise EngineStopped(f"LibreOffice took more than {limits.seconds:g} seconds") from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def _settings() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items'
        f' xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>\n'
    )
