"""LibreOffice, without a screen: recalculation by force, and edits as a person would make them."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.support.oracles.needs import require
from tests.support.oracles.workbook import Places, array_from

_FILES_AT_ONCE = 40

# LibreOffice believes the saved values of a file that it opens, unless it is told not to.
_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def require_libreoffice() -> None:
    """Skip (or fail) where there is no LibreOffice."""
    require("libreoffice", shutil.which("soffice") is not None, "LibreOffice (soffice)")


def recalculate(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Return copies of the workbooks, of the same names, recalculated from scratch and saved."""
    require_libreoffice()
    out = folder / "recalculated"
    # A long list of files in one run makes it stop half way.
    for start in range(0, len(paths), _FILES_AT_ONCE):
        _convert(paths[start : start + _FILES_AT_ONCE], out, folder)
    copies = [out / path.name for path in paths]
    missing = [copy.name for copy in copies if not copy.exists()]
    assert not missing, f"LibreOffice did not save {missing}"
    return copies


# Commas, quotation marks, UTF-8, from the first row on, numbers with all their digits and not as
# they are shown, a file for each sheet: three times as fast as a workbook.
_EVERY_SHEET_AS_CSV = (
    "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
)


def recalculated_arrays(
    paths: Sequence[Path], places: Sequence[Places], folder: Path
) -> list[dict[str, np.ndarray]]:
    """Return every tensor's array, for each workbook, after all formulas were evaluated anew."""
    require_libreoffice()
    out = folder / "numbers"
    for start in range(0, len(paths), _FILES_AT_ONCE):
        _convert(paths[start : start + _FILES_AT_ONCE], out, folder, _EVERY_SHEET_AS_CSV)
    return [_numbers(out, *one) for one in zip(paths, places, strict=True)]


def _numbers(folder: Path, path: Path, places: Places) -> dict[str, np.ndarray]:
    sheets: dict[str, list[list[str]]] = {}
    for sheet in {sheet for blocks in places.values() for _, sheet, _ in blocks}:
        with (folder / f"{path.stem}-{sheet}.csv").open(encoding="utf-8", newline="") as file:
            sheets[sheet] = list(csv.reader(file))

    def value(sheet: str, row: int, column: int) -> float:
        return float(sheets[sheet][row - 1][column - 1])

    return {name: array_from(blocks, value) for name, blocks in places.items()}


def save_as(kind: str, paths: Sequence[Path], folder: Path) -> list[Path]:
    """Return copies of the workbooks saved as another kind, such as "ods" or "xls"."""
    require_libreoffice()
    _convert(paths, folder / kind, folder, kind)
    return [folder / kind / path.with_suffix(f".{kind}").name for path in paths]


def _convert(
    paths: Sequence[Path], out: Path, folder: Path, kind: str = "xlsx:Calc MS Excel 2007 XML"
) -> None:
    with _profile(folder) as profile:
        command = ["soffice", profile, "--headless", "--convert-to", kind]
        command += ["--outdir", str(out), *map(str, paths)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)


def edit(path: Path, script: str, folder: Path) -> Path:
    """Run a script on an open workbook in LibreOffice's Python; return the saved copy.

    The script's `document` is the workbook (com.sun.star.sheet.SpreadsheetDocument).
    """
    require_libreoffice()
    python = _uno_python()
    copy = folder / f"edited-{path.name}"
    if _edited(python, path, script, copy, folder) < 0:  # the bridge crashes now and then
        assert _edited(python, path, script, copy, folder) == 0
    return copy


def _edited(python: str, path: Path, script: str, copy: Path, folder: Path) -> int:
    """Return the status of the script's process; raises where the script itself fails."""
    with _profile(folder) as profile:
        pipe = f"xlbackprop{os.getpid()}{time.monotonic_ns()}"
        office = subprocess.Popen(
            ["soffice", profile, "--headless", f"--accept=pipe,name={pipe};urp;"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = _UNO.format(pipe=pipe, source=path.as_uri(), target=copy.as_uri(), script=script)
            done = subprocess.run([python, "-c", code], check=False, timeout=120)
            assert done.returncode <= 0, f"the script in LibreOffice failed: {done.returncode}"
        finally:
            os.killpg(office.pid, signal.SIGKILL)
            office.wait()
    return done.returncode


def _uno_python() -> str:
    for python in ("/usr/bin/python3", "python3"):
        found = shutil.which(python)
        if found and _succeeds([found, "-c", "import uno"]):
            return found
    require("libreoffice", False, "LibreOffice's Python bridge (python3-uno)")
    raise AssertionError


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def _profile(folder: Path) -> Iterator[str]:
    """Yield the option that gives LibreOffice a profile of its own, which forces recalculation."""
    profile = folder / f"profile{time.monotonic_ns()}"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE)
    try:
        yield f"-env:UserInstallation={profile.as_uri()}"
    finally:
        shutil.rmtree(profile, ignore_errors=True)


_UNO = """
import time, uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext(
    "com.sun.star.bridge.UnoUrlResolver", local)
for attempt in range(300):
    try:
        context = resolver.resolve(
            "uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        break
    except NoConnectException:
        time.sleep(0.2)
desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
hidden = PropertyValue("Hidden", 0, True, 0)
document = desktop.loadComponentFromURL("{source}", "_blank", 0, (hidden,))
{script}
document.calculateAll()
document.storeToURL("{target}", (PropertyValue("FilterName", 0, "Calc MS Excel 2007 XML", 0),))
document.close(True)
"""
