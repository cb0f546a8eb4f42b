"""A workbook's parts, those that were changed or added among them, until they are written."""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.workbook.annotate.archive import rewritten
from xlbackprop.workbook.annotate.document import Document
from xlbackprop.workbook.annotate.edits import xml_text
from xlbackprop.workbook.read.guard import plain_name
from xlbackprop.workbook.read.workbook import relationships, relationships_part

# Of a part that is to be changed, both versions are in memory.
MAX_PART_BYTES = 128_000_000

TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
# What relationships' types and the attributes that name them begin with.
_RELATIONS = {
    TRANSITIONAL: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    STRICT: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}

_TYPES_PART = "[Content_Types].xml"
_EMPTY_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships'
    b' xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
)


@dataclass(frozen=True)
class Relation:
    """A relationship of one part to another; `kind` is the last word of its type."""

    key: str
    kind: str
    target: str


class Package:
    """The parts of an open archive, and what is to become of them.

    Raises WorkbookError where it is no workbook that can be marked.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._sizes = {info.filename: info.file_size for info in archive.infolist()}
        self._names = {plain_name(name): name for name in reversed(list(self._sizes))}
        self._changed: dict[str, bytes] = {}
        self._relations: dict[str, list[Relation]] = {}
        self._types: dict[str, str] = {}
        self.main = self.related("", "officeDocument") or ""
        self.namespace = Document(self.main, self.read(self.main)).namespace
        if self.namespace not in _RELATIONS:
            raise WorkbookError(
                f"its workbook is written in {one_line(self.namespace, 80)!r}: save it as .xlsx"
            )

    @property
    def relations_namespace(self) -> str:
        """The namespace of the attribute `r:id`, in this workbook's edition of the format."""
        return _RELATIONS[self.namespace]

    @property
    def main_type(self) -> str:
        """The content type of the workbook's main part, which tells .xlsx from .xlsm."""
        document = Document(_TYPES_PART, self.read(_TYPES_PART))
        for one in document.root.all("Override"):
            if one.get("PartName").lower() == f"/{self.main}".lower():
                return one.get("ContentType")
        extension = self.main.rpartition(".")[2].lower()
        defaults = {d.get("Extension").lower(): d for d in document.root.all("Default")}
        return defaults[extension].get("ContentType") if extension in defaults else ""

    @property
    def parts(self) -> list[str]:
        """The names of all parts, new ones last."""
        return list(dict.fromkeys([*self._sizes, *self._changed]))

    def __contains__(self, part: str) -> bool:
        return plain_name(part) in self._names

    def _name(self, part: str) -> str:
        """Return what the archive calls a part: the same, but for its letters and slashes."""
        return self._names.get(plain_name(part), part)

    def read(self, part: str) -> bytes:
        """Return a part as it is now. Raises WorkbookError where it is missing or too large."""
        part = self._name(part)
        if part in self._changed:
            return self._changed[part]
        if part not in self._sizes:
            raise WorkbookError(f"the file is damaged: its part {one_line(part, 80)!r} is missing")
        if self._sizes[part] > MAX_PART_BYTES:
            raise WorkbookError(
                f"its part {one_line(part, 80)!r} has more than {MAX_PART_BYTES:,} bytes:"
                " too large to be marked"
            )
        return self._archive.read(part)

    def write(self, part: str, content: bytes) -> None:
        """Replace a part, or add one whose type is known; the same bytes again are no change."""
        if part not in self or self.read(part) != content:
            self._put(part, content)

    def _put(self, part: str, content: bytes) -> None:
        name = self._name(part)
        self._names[plain_name(part)] = name
        self._changed[name] = content

    def forget_relations(self, part: str) -> None:
        """Let a part refer to nothing any more: it is written anew."""
        if relationships_part(part) in self:
            self.write(relationships_part(part), _EMPTY_RELATIONSHIPS)

    def add(self, source: str, kind: str, name: str, content: bytes, content_type: str) -> Relation:
        """Add a part that another one refers to; return the relationship.

        `name` is in the folder of the main part; its {} stands for the number that makes it new.
        Raises WorkbookError where there is such a part already, and no {}.
        """
        taken = {part.lower() for part in self.parts}
        numbered = (
            posixpath.join(posixpath.dirname(self.main), name.format(number))
            for number in range(1, len(taken) + 2)
        )
        part = next((part for part in numbered if part.lower() not in taken), None)
        if part is None:
            raise WorkbookError(f"the file is damaged: it has a {name} to which nothing refers")
        self._put(part, content)
        self._types[part] = content_type
        return self._relate(source, kind, part)

    def adopt(self, source: str, kind: str, name: str, content_type: str) -> str | None:
        """Let a part refer to one that is there, but that nothing refers to; return its name.

        None where there is no such part in the folder of the main part.
        """
        part = posixpath.join(posixpath.dirname(self.main), name)
        if part not in self:
            return None
        self._types[part] = content_type
        return self._relate(source, kind, part).target

    def relations(self, part: str) -> list[Relation]:
        """Return a part's relationships, new ones last; external ones are left out."""
        old: list[Relation] = []
        if self._name(relationships_part(part)) in self._sizes:
            old = [
                Relation(key, kind.rpartition("/")[2], target)
                for key, kind, target in relationships(self._archive, part)
            ]
        return old + self._relations.get(part, [])

    def related(self, part: str, kind: str) -> str | None:
        """Return the part that a part refers to as this kind, or None."""
        return next((r.target for r in self.relations(part) if r.kind == kind), None)

    def to_bytes(self) -> bytes:
        """Return the archive with all changes."""
        for part in self._relations:
            self._write_relations(part)
        if self._types:
            self._write_types()
        return rewritten(self._archive, self._changed)

    def _relate(self, source: str, kind: str, target: str) -> Relation:
        added = self._relations.setdefault(source, [])
        taken = {relation.key for relation in added} | self._keys(source)
        key = next(k for n in range(1, len(taken) + 2) if (k := f"rId{n}") not in taken)
        added.append(Relation(key, kind, target))
        return added[-1]

    def _keys(self, part: str) -> set[str]:
        document = self._relations_document(part)
        return {one.get("Id") for one in document.root.children}

    def _relations_document(self, part: str) -> Document:
        name = relationships_part(part)
        return Document(name, self.read(name) if name in self else _EMPTY_RELATIONSHIPS)

    def _write_relations(self, part: str) -> None:
        document = self._relations_document(part)
        for new in self._relations[part]:
            target = posixpath.relpath(f"/{new.target}", f"/{posixpath.dirname(part)}")
            document.append_to(
                document.root,
                f'<{document.prefix}Relationship Id="{new.key}"'
                f' Type="{self.relations_namespace}/{new.kind}" Target="{xml_text(target)}"/>',
            )
        self._put(document.part, document.result())

    def _write_types(self) -> None:
        document = Document(_TYPES_PART, self.read(_TYPES_PART))
        said = {plain_name(one.get("PartName")): one for one in document.root.all("Override")}
        for part, content_type in self._types.items():
            if plain_name(part) in said:
                document.set_attribute(said[plain_name(part)].start, "ContentType", content_type)
                continue
            document.append_to(
                document.root,
                f'<{document.prefix}Override PartName="/{xml_text(part)}"'
                f' ContentType="{content_type}"/>',
            )
        self._put(_TYPES_PART, document.result())
