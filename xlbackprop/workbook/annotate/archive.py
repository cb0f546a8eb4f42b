"""An archive written anew: parts that did not change are copied as they are, compressed."""

from __future__ import annotations

import copy
import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import IO

from xlbackprop.errors import WorkbookError

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_SIZES_FOLLOW = 0x08
# As programs write it that have no date to tell, so that the same marks give the same bytes.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def rewritten(source: zipfile.ZipFile, changed: Mapping[str, bytes]) -> bytes:
    """Return the archive's bytes with some parts changed, in their places, and new ones after.

    Raises WorkbookError where the archive holds a part twice, or less than it says.
    """
    _check(source)
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.comment = source.comment
        for info in source.infolist():
            if info.filename in changed:
                target.writestr(_like(info), changed[info.filename])
            else:
                _copy(source, info, target)
        old = set(source.namelist())
        for part, content in changed.items():
            if part not in old:
                info = zipfile.ZipInfo(part, _NO_DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(info, content)
    return buffer.getvalue()


def _check(source: zipfile.ZipFile) -> None:
    names = source.namelist()
    if len({name.lower() for name in names}) < len(names):
        raise WorkbookError("the file is damaged: its archive holds a part twice")
    # Parts may share their bytes in an archive made for it; copies would not.
    if sum(info.compress_size for info in source.infolist()) > _size(source):
        raise WorkbookError("the file is damaged: its parts overlap")


def _size(source: zipfile.ZipFile) -> int:
    return _file(source).seek(0, 2)


def _file(archive: zipfile.ZipFile) -> IO[bytes]:
    if archive.fp is None:
        raise WorkbookError("the file was closed")
    return archive.fp


def _like(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    like = zipfile.ZipInfo(info.filename, info.date_time)
    like.compress_type = info.compress_type
    like.external_attr, like.create_system = info.external_attr, info.create_system
    like.comment = info.comment
    return like


def _copy(source: zipfile.ZipFile, info: zipfile.ZipInfo, target: zipfile.ZipFile) -> None:
    """Copy a part without unpacking it, which zipfile has no function for."""
    data = _compressed(source, info)
    twin = copy.copy(info)
    twin.flag_bits &= ~_SIZES_FOLLOW  # they are known now, and stand in the header
    file = _file(target)
    twin.header_offset = file.tell()
    file.write(twin.FileHeader(zip64=False) + data)
    target.filelist.append(twin)
    target.NameToInfo[twin.filename] = twin
    target.start_dir = file.tell()


def _compressed(source: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    file = _file(source)
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\3\4"):
        raise WorkbookError("the file is damaged: a part does not begin where it should")
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    file.seek(name_length + extra_length, 1)
    data = file.read(info.compress_size)
    if len(data) < info.compress_size:
        raise WorkbookError("the file is damaged: a part is cut short")
    return data
