"""LibreOffice without a screen: converts a copy of a file, recalculated from scratch.

Each run has a profile of its own, in which macros are off and links to other files are never
followed, and is ended with all that it started when its time is up, or the program ends.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xlbackprop.errors import EngineError, WorkbookError, one_line
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.cell_list import UNABLE, CellList, Values
from xlbackprop.workbook.engine.kept_folder import KeptFolder, kept_folder
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.engine.stopped import EngineStopped
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


def convert(path: Path, kept: KeptFolder, limits: Limits, kind: str = "") -> Path:
    """Return a copy of a file as .xlsx, all formulas recalculated, in an empty folder.

    `kind` is the filter with which LibreOffice reads the file; without one it looks for itself.
    Raises EngineError without LibreOffice, EngineStopped where it comes to no result.
    """
    folder, program = kept.path, find_libreoffice()
    profile, out = folder / "profile", folder / "converted"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_settings())
    # A name that is our own: what a stranger calls a file is no option, and has no odd letters.
    source = folder / "workbook.in"
    shutil.copyfile(path, source)
    options = ["--headless", "--norestore", "--convert-to", _FORMAT, "--outdir", str(out)]
    options += [f"--infilter={kind}"] if kind else []
    profile_option = f"-env:UserInstallation={profile.as_uri()}"
    command = _limited([program, profile_option, *options, str(source)], limits)
    kept.run("LibreOffice", command, limits.seconds, _sockets(profile))
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
        tell("LibreOffice recalculates the workbook")
        try:
            with (
                kept_folder() as folder,
                open_workbook(convert(self.path, folder, self.limits)) as workbook,
            ):
                return _values(workbook, cells)
        except WorkbookError as error:
            raise EngineStopped(f"what LibreOffice saved cannot be read: {error}") from None
        except OSError as error:
            raise EngineStopped(f"LibreOffice cannot be started: {one_line(error, 80)}") from None


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


def _limited(command: list[str], limits: Limits) -> list[str]:
    if os.name != "posix":
        return command
    # Limits that all it starts will have, too.
    kilobytes = (limits.megabytes + _MEGABYTES_OF_ITS_OWN) << 10
    limiting = f'ulimit -c 0 -f {_MOST_WRITTEN} -v {kilobytes}; exec "$@"'
    return ["/bin/sh", "-c", limiting, "sh", *command]


def _sockets(profile: Path) -> list[str]:
    """Return where LibreOffice has the socket of a profile, which it leaves when it is killed."""
    if os.name != "posix":
        return []
    digest = hashlib.md5(profile.as_uri().encode("utf-16-le"), usedforsecurity=False).digest()
    name = f"OSL_PIPE_{os.getuid()}_SingleOfficeIPC_{''.join(f'{byte:x}' for byte in digest)}"
    return [f"/tmp/{name}", f"/var/tmp/{name}"]  # noqa: S108  (it makes them there)


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
