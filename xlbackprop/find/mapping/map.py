"""A map as data, and as the TOML that a person would write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w

from xlbackprop.errors import MapError, one_line
from xlbackprop.find.mapping.pairs import Pairs

STACKED = ("rows", "columns")


@dataclass(frozen=True)
class Placement:
    """Where one tensor stands, as it is written.

    The cells of the ranges, one range after the other and each row by row, are the tensor's
    entries in C order, or with its axes in another `order`.
    """

    ranges: tuple[str, ...]  # "B3:F7", "'Sheet 2'!B3", or a name that the workbook defines
    order: str = ""  # the axes' letters, the slowest first; "" is the tensor's own order
    transpose: bool = False  # each block's rows and columns are swapped
    stacked: str = ""  # "rows" or "columns": each range holds several blocks, with gaps
    factor: float = 1.0  # what is there is the tensor times this: -1 for deltas
    part: str = ""  # "0:2, :": only these entries are there
    step: int = 0  # from one stacked block's start to the next one's; 0 where they adjoin

    def to_toml(self) -> str:
        """Return the placement as a TOML value on one line."""
        ranges = [_text(one) for one in self.ranges]
        where = ranges[0] if len(ranges) == 1 else f"[{', '.join(ranges)}]"
        options = {
            "order": _text(self.order) if self.order else "",
            "transpose": "true" if self.transpose else "",
            "stacked": _text(self.stacked) if self.stacked else "",
            "step": str(self.step) if self.step else "",
            "factor": f"{self.factor!r}" if self.factor != 1 else "",
            "part": _text(self.part) if self.part else "",
        }
        written = [f"{key} = {value}" for key, value in options.items() if value]
        return f"{{ {', '.join([f'range = {where}', *written])} }}" if written else where


@dataclass(frozen=True)
class StepDistance:
    """How far the cells of a training step are from those of the step before."""

    rows: int = 0
    columns: int = 0


@dataclass(frozen=True)
class Map:
    """Where the tensors of a network stand in somebody's workbook."""

    tensors: Mapping[str, Placement]
    spec: str = ""  # a template's name, or a path relative to the folder
    sheet: str = ""  # where ranges that name no sheet are
    step: StepDistance | None = None
    pairs: Pairs | None = None  # instead of tensors, where no network is known
    folder: Path | None = field(default=None, compare=False)
    source: str = field(default="the map", compare=False)  # what messages call it

    def to_toml(self) -> str:
        """Return the map as TOML, a line for each tensor."""
        lines = [f"{key} = {_text(value)}" for key, value in self._head() if value]
        if self.step:
            distances = (("rows", self.step.rows), ("columns", self.step.columns))
            written = ", ".join(f"{key} = {value}" for key, value in distances if value)
            lines.append(f"step = {{ {written} }}")
        if self.pairs:
            lines += _lines_of(self.pairs)
        else:
            lines += ["", "[tensors]"]
            lines += [f"{_text(name)} = {one.to_toml()}" for name, one in self.tensors.items()]
        return "\n".join(lines).lstrip() + "\n"

    def error(self, where: str, message: str) -> MapError:
        """Return the error that says what is wrong, and where in the map."""
        return MapError(f"{one_line(self.source, 80)}: {where}: {message}")

    def _head(self) -> tuple[tuple[str, str], ...]:
        return ("spec", self.spec), ("sheet", self.sheet)


def _lines_of(pairs: Pairs) -> list[str]:
    losses = [_text(one) for one in pairs.losses]
    lines = [f"loss = {losses[0]}"] if len(losses) == 1 else []
    lines += [f"loss = [{', '.join(losses)}]"] if len(losses) > 1 else []
    lines += [f"rate = {_text(pairs.rate)}"] if pairs.rate else []
    for name, table in (("gradients", pairs.gradients), ("updates", pairs.updates)):
        if table:
            lines += ["", f"[{name}]"]
            lines += [f"{_text(cells)} = {_text(of)}" for cells, of in table.items()]
    return lines


def in_tensors(name: str) -> str:
    """Return how messages name an entry of [tensors]."""
    return f'[tensors] "{one_line(name, 60)}"'


def _text(text: str) -> str:
    return tomli_w.dumps({"x": text}).removeprefix("x = ").rstrip("\n")
