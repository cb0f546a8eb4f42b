"""TOML to a Map.

    spec = "conv5x5x2"
    sheet = "Sheet1"
    [tensors]
    conv1.h = ["B3:F7", "B9:F13"]
    conv1.w = { range = "H3:J23", stacked = "rows", step = 4 }

A name may be written with or without quotes. Whether it fits a network is checked where the
tensors are placed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xlbackprop.errors import MapError, one_line, shown, suggestion
from xlbackprop.find.mapping import pairs
from xlbackprop.find.mapping.map import STACKED, Map, Placement, StepDistance, in_tensors
from xlbackprop.spec.regular import read_regular
from xlbackprop.spec.toml import MAX_BYTES, read_toml

_KEYS = ("spec", "sheet", "step", "tensors", *pairs.KEYS)
_PLACEMENT_KEYS = ("range", "order", "transpose", "stacked", "step", "factor", "part")
_SMALLEST = 1e-9  # a factor
_FARTHEST = 1_000_000  # rows or columns
_DEEPEST = 3  # step2.dense1.w


def load_map(path: str | Path) -> Map:
    """Return the Map in a TOML file. Raises MapError where it cannot be read or is no map."""
    path = Path(path)
    name = one_line(path, 200)
    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8")
        return parse_map(text, path.parent, path.name)
    except FileNotFoundError:
        raise MapError(f"there is no file {name!r}: --map takes a TOML file") from None
    except UnicodeDecodeError:
        raise MapError(f"{name} is no text in UTF-8: --map takes a TOML file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MapError(f"{name} cannot be read: {one_line(reason)}") from None


def parse_map(text: str, folder: Path | None = None, source: str = "the map") -> Map:
    """Return the Map that a TOML text describes; `source` is what messages call it.

    `folder` is where the spec's file is looked for. Raises MapError, naming the key and the value.
    """
    raw = read_toml(text, one_line(source, 80), MapError)
    reader = _Reader(one_line(source, 80))
    reader.known(raw, _KEYS, "the map")
    tensors = raw.get("tensors")
    if any(key in raw for key in pairs.KEYS):
        reader.no_network(raw)
        sheet = reader.text(raw.get("sheet", ""), "sheet")
        return Map({}, sheet=sheet, pairs=reader.pairs(raw), folder=folder, source=source)
    if not isinstance(tensors, dict) or not tensors:
        raise reader.error('it places no tensor: add a table [tensors], with "conv1.h" = "B3:F7"')
    return Map(
        tensors=dict(reader.placements(tensors, "", 1)),
        spec=reader.text(raw.get("spec", ""), "spec"),
        sheet=reader.text(raw.get("sheet", ""), "sheet"),
        step=reader.step(raw["step"]) if "step" in raw else None,
        folder=folder,
        source=source,
    )


class _Reader:
    """Checks the values of a map; what is wrong is said with the map's name in front."""

    def __init__(self, source: str) -> None:
        self._source = source

    def error(self, message: str) -> MapError:
        return MapError(f"{self._source}: {message}")

    def known(self, table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in keys:
                raise self.error(f"{where}: unknown key {shown(key)}{suggestion(key, keys)}")

    def no_network(self, raw: Mapping[str, Any]) -> None:
        """Raise MapError where a map of gradients says something of a network, too."""
        for key in ("tensors", "spec", "step"):
            if key in raw:
                raise self.error(
                    f"{key}: a map says where the tensors of a network stand, or with loss,"
                    " [gradients] and [updates] which cells are what in a sheet of which no network"
                    " is known; not both"
                )

    def pairs(self, raw: Mapping[str, Any]) -> pairs.Pairs:
        """Return what a map says of a sheet of which no network is known."""
        gradients, updates = (self._pairs(raw.get(key, {}), key) for key in pairs.KEYS[2:])
        if not gradients and not updates:
            raise self.error('it pairs no cells: add a table [gradients], with "X3:X9" = "E3:E9"')
        losses = self._ranges(raw["loss"], "loss") if "loss" in raw else ()
        return pairs.Pairs(losses, self.text(raw.get("rate", ""), "rate"), gradients, updates)

    def _pairs(self, value: object, name: str) -> Mapping[str, str]:
        if not isinstance(value, dict):
            raise self.error(f'{name} = {shown(value)}: expected a table, with "X3:X9" = "E3:E9"')
        return {cells: self.text(of, f"[{name}] {shown(cells)}") for cells, of in value.items()}

    def text(self, value: object, where: str) -> str:
        if not isinstance(value, str):
            raise self.error(f"{where} = {shown(value)}: expected a text")
        return value

    def step(self, value: object) -> StepDistance:
        if not isinstance(value, dict) or not value:
            raise self.error(f"step = {shown(value)}: expected a distance, such as {{ rows = 1 }}")
        self.known(value, ("rows", "columns"), "step")
        distances = {
            key: self._whole(one, f"step: {key}", at_least=0) for key, one in value.items()
        }
        if not any(distances.values()):
            raise self.error(f"step = {shown(value)}: the steps would stand on the same cells")
        return StepDistance(**distances)

    def placements(
        self, table: Mapping[str, Any], prefix: str, depth: int
    ) -> Iterator[tuple[str, Placement]]:
        """Yield names and placements; a name with dots and no quotes is a table in a table."""
        for key, value in table.items():
            name = prefix + key
            is_placement = not isinstance(value, dict) or any(
                option in value and not isinstance(value[option], dict)
                for option in _PLACEMENT_KEYS
            )
            if is_placement:
                yield name, self._placement(value, in_tensors(name))
            elif depth < _DEEPEST and value:
                yield from self.placements(value, f"{name}.", depth + 1)
            else:
                raise self.error(f"{in_tensors(name)}: expected a range, such as B3:F7")

    def _placement(self, value: object, where: str) -> Placement:
        table = value if isinstance(value, dict) else {"range": value}
        self.known(table, _PLACEMENT_KEYS, where)
        placement = Placement(
            ranges=self._ranges(table.get("range"), where),
            order=self._order(table.get("order", ""), where),
            transpose=self._flag(table.get("transpose", False), f"{where}: transpose"),
            stacked=self._stacked(table.get("stacked", ""), where),
            step=self._whole(table["step"], f"{where}: step") if "step" in table else 0,
            factor=self._factor(table.get("factor", 1), where),
            part=self.text(table.get("part", ""), f"{where}: part"),
        )
        if placement.step and not placement.stacked:
            raise self.error(f'{where}: step needs stacked = "rows" or stacked = "columns"')
        if placement.order and placement.transpose:
            raise self.error(f"{where}: order and transpose: give one of them")
        return placement

    def _ranges(self, value: object, where: str) -> tuple[str, ...]:
        ranges = value if isinstance(value, list) else [value]
        if not ranges or not all(isinstance(one, str) for one in ranges):
            found = "missing" if value is None else shown(value)
            raise self.error(
                f'{where}: range = {found}: expected a range, such as "B3:F7", or a list of ranges'
            )
        return tuple(ranges)

    def _order(self, value: object, where: str) -> str:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = "".join(value)
        return self.text(value, f"{where}: order")

    def _flag(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            raise self.error(f"{where} = {shown(value)}: expected true or false")
        return value

    def _factor(self, value: object, where: str) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not _SMALLEST <= abs(float(str(value))) <= 1 / _SMALLEST:
            raise self.error(
                f"{where}: factor = {shown(value)}: expected a number that the tensor is multiplied"
                " with on the page, such as -1 for deltas, -dL/dx"
            )
        return float(str(value))

    def _stacked(self, value: object, where: str) -> str:
        if value not in ("", *STACKED):
            expected = " or ".join(f'"{one}"' for one in STACKED)
            raise self.error(f"{where}: stacked = {shown(value)}: expected {expected}")
        return str(value)

    def _whole(self, value: object, where: str, at_least: int = 1) -> int:
        if type(value) is not int or not at_least <= value <= _FARTHEST:
            raise self.error(
                f"{where} = {shown(value)}: expected a whole number from {at_least}"
                f" to {_FARTHEST:,}"
            )
        return value
