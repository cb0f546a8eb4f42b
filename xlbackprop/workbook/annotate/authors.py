"""A workbook without the names of those who made it, as programs put them in unasked."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from xlbackprop.workbook.annotate.archive import rewritten

# The parts in which names stand: properties, comments, the folder that it was saved in.
_PARTS = re.compile(r"docProps/|xl/(comments|threadedComments/|persons/|workbook\.xml$|revisions/)")
_ELEMENTS = re.compile(
    r"(<(?:[\w.-]+:)?(?:creator|lastModifiedBy|author|Manager|Company)\b[^<>]*>)[^<]*(?=</)"
)
_ATTRIBUTES = re.compile(r"(\s(?:displayName|userId|userName|url)=)(?:\"[^\"]*\"|'[^']*')")
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def without_authors(content: bytes) -> bytes:
    """Return a workbook's bytes without the names and folders of who has written it.

    What somebody has typed into a cell or a comment stays.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if _PARTS.match(name)]
        parts = {name: archive.read(name) for name in names}
        changed = {name: _without(part) for name, part in parts.items()}
        changed = {name: part for name, part in changed.items() if part != parts[name]}
        return rewritten(archive, changed) if changed else content


def _without(part: bytes) -> bytes:
    encoding = _MARKS.get(part[:2], "utf-8")
    text = part.decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    text = _ATTRIBUTES.sub(r'\1""', _ELEMENTS.sub(r"\1", text))
    return text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
