"""Any file that a person calls a workbook, as an .xlsx: itself, or a copy that is soon gone."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlbackprop.errors import EngineError, WorkbookError, one_line
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.engine import EngineStopped
from xlbackprop.workbook.engine.libreoffice import convert
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.read.guard import check_archive
from xlbackprop.workbook.read.kinds import ODS, Kind, kind_to_convert

_SAVE_AS = "save it as .xlsx (Excel Workbook) first"

# LibreOffice takes as much memory as it may: one at a time.
_turn = threading.Lock()


@contextmanager
def as_xlsx(path: Path, limits: Limits) -> Iterator[Path]:
    """Yield a file that can be opened as an .xlsx: the file, or what LibreOffice makes of it.

    Raises WorkbookError where it is of a kind that LibreOffice has to convert, and cannot.
    """
    kind = kind_to_convert(path)
    if kind is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="xlbackprop") as folder:
        yield _converted(path, kind, Path(folder), limits)


def _converted(path: Path, kind: Kind, folder: Path, limits: Limits) -> Path:
    try:
        if kind == ODS:
            check_archive(path)
        tell("LibreOffice converts the file")
        with _turn:
            return convert(path, folder, limits, kind.filter)
    except EngineError:
        reason = "LibreOffice, which would convert it, is not installed"
    except (EngineStopped, OSError) as error:
        reason = one_line(error)
    except WorkbookError as error:
        raise WorkbookError(f"{one_line(path, 200)}: {error}") from None
    raise WorkbookError(f"{one_line(path, 200)}: this is {kind.about}: {_SAVE_AS} ({reason})")
