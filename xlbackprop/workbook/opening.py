"""Any file that a person calls a workbook, as an .xlsx: itself, or a copy that is soon gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xlbackprop.errors import EngineError, WorkbookError, one_line
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.engine.stopped import EngineStopped
from xlbackprop.workbook.read.guard import open_archive
from xlbackprop.workbook.read.kinds import ODS, TABLE, Kind, kind_to_convert
from xlbackprop.workbook.read.no_workbook import SAVE_AS

if TYPE_CHECKING:
    from xlbackprop.workbook.engine.kept_folder import KeptFolder

# LibreOffice takes as much memory as it may: one at a time.
_turn = threading.Lock()


@contextmanager
def as_xlsx(path: Path, limits: Limits) -> Iterator[Path]:
    """Yield a file that can be opened as an .xlsx: the file, or a copy made of it.

    Raises WorkbookError where it is of a kind that has to be converted, and cannot.
    """
    kind = kind_to_convert(path)
    if kind is None:
        yield path
        return
    from xlbackprop.workbook.engine.kept_folder import kept_folder  # noqa: PLC0415  (rarely)

    with ExitStack() as stack:
        try:
            folder = stack.enter_context(kept_folder())
        except OSError as error:
            reason = f"no temporary folder can be made: {one_line(error)}"
            raise WorkbookError(f"{one_line(path, 200)}: {reason}") from None
        yield _converted(path, kind, folder, limits)


def _converted(path: Path, kind: Kind, folder: KeptFolder, limits: Limits) -> Path:
    from xlbackprop.workbook.engine.libreoffice import convert  # noqa: PLC0415  (rarely)
    from xlbackprop.workbook.table_copy import table_as_xlsx  # noqa: PLC0415

    try:
        if kind == TABLE:
            return table_as_xlsx(path, folder.path)
        if kind == ODS:
            with open_archive(path):  # bounded, and whole
                pass
        tell("LibreOffice converts the file")
        with _turn:
            return convert(path, folder, limits, kind.filter)
    except EngineError:
        reason = "LibreOffice, which would convert it, is not installed"
    except (EngineStopped, OSError) as error:
        reason = one_line(error)
    except WorkbookError as error:
        raise WorkbookError(f"{one_line(path, 200)}: {error}") from None
    raise WorkbookError(f"{one_line(path, 200)}: this is {kind.about}: {SAVE_AS} ({reason})")
