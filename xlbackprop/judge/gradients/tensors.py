"""The columns and blocks in which a sheet's own gradients stand, under their labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Kind, Tensor
from xlbackprop.find.gradients.findings import Findings, Role
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.formula.addresses import cell as address_of
from xlbackprop.formula.places import Places

_NEAR = 3
_LONGEST = 40
_ROW, _COLUMN = 1, 2


@dataclass(frozen=True)
class Block:
    """Claims that stand together: their numbers, in an array of the block's shape."""

    name: str
    sheet: str
    role: Role
    claims: NDArray[np.int64]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]

    @property
    def tensor(self) -> Tensor:
        """The tensor that the block is."""
        kind = Kind.BACKWARD if self.role is Role.GRADIENT else Kind.UPDATE
        axes = ("i", "j")[: self.claims.ndim]
        return Tensor(self.sheet, self.name, self.claims.shape, axes, kind, self.role.value)

    @property
    def places(self) -> Places:
        """Where the block's cells stand."""
        on = np.zeros(self.claims.shape, dtype=np.int32)
        return Places((self.sheet,), on, self.rows, self.columns)


def blocks_of(findings: Findings, which: Sequence[int]) -> list[Block]:
    """Return some claims in blocks, in the order in which they stand on the sheets."""
    plane = findings.computation.plane
    labels = Labels(findings.contents, plane)
    places = {at: labels.place(findings.claims[at].cell) for at in which}
    taken: set[str] = set()
    found = []
    for members in _together(places, [claim.role for claim in findings.claims]):
        parts = _parted(members, places, labels, findings)
        found += [_block(part, places, labels, findings, taken) for part in parts]
    return found


Place = tuple[int, int, int]


def _together(places: dict[int, Place], roles: Sequence[Role]) -> Iterator[list[int]]:
    """Yield claims of one role that touch one another."""
    left = {(*place, roles[at]): at for at, place in places.items()}
    for start in sorted(left, key=lambda key: key[:3]):
        if start not in left:
            continue
        stack, members = [start], [left.pop(start)]
        while stack:
            sheet, row, column, role = stack.pop()
            for down, along in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                near = sheet, row + down, column + along, role
                if near in left:
                    members.append(left.pop(near))
                    stack.append(near)
        yield members


def _parted(
    members: list[int], places: dict[int, Place], labels: Labels, findings: Findings
) -> Iterator[list[int]]:
    """Yield a block's claims, by columns or rows where each of these has a label of its own."""
    rows = {places[at][_ROW] for at in members}
    columns = {places[at][_COLUMN] for at in members}
    if len(members) == len(rows) * len(columns):
        for line, other, own in ((_COLUMN, _ROW, columns), (_ROW, _COLUMN, rows)):
            first = min(places[at][other] for at in members)
            heads = [at for at in members if places[at][other] == first]
            if len(own) == 1 or not all(_label(at, line, labels, findings) for at in heads):
                continue
            for place in sorted(own):
                yield [at for at in members if places[at][line] == place]
            return
        yield members
        return
    by_column: dict[int, list[int]] = {}
    for at in members:
        by_column.setdefault(places[at][_COLUMN], []).append(at)
    yield from (by_column[column] for column in sorted(by_column))


def _label(at: int, line: int, labels: Labels, findings: Findings) -> str:
    """Return the text right above the first claim of a column, or to the left of that of a row."""
    cell = findings.claims[at].cell
    far, text = labels.above(cell) if line == _COLUMN else labels.left(cell)
    return text if 0 < far <= _NEAR else ""


def _block(
    members: list[int],
    places: dict[int, Place],
    labels: Labels,
    findings: Findings,
    taken: set[str],
) -> Block:
    members = sorted(members, key=lambda at: places[at])
    first = members[0]
    sheet, row, column = places[first]
    text = _label(first, _COLUMN, labels, findings) or _label(first, _ROW, labels, findings)
    name = " ".join(text.split())[:_LONGEST] or address_of(row, column)
    own = findings.contents.sheets[sheet].name
    if f"{own}.{name}" in taken:
        name = f"{name} at {address_of(row, column)}"
    taken.add(f"{own}.{name}")
    wide = len({places[at][_COLUMN] for at in members})
    shape = (-1, wide) if wide > 1 and len(members) > wide else (-1,)
    claims = np.array(members, dtype=np.int64).reshape(shape)
    rows = np.array([places[at][_ROW] for at in members], dtype=np.int32).reshape(shape)
    columns = np.array([places[at][_COLUMN] for at in members], dtype=np.int32).reshape(shape)
    role = findings.claims[first].role
    return Block(name, own, role, claims, rows, columns)
