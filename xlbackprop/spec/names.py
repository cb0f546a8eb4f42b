"""The names and sizes that a spec may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from xlbackprop.errors import SpecError, shown

_LAYER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,24}")
# It becomes a file's name within an archive.
_OTHER_NAME = re.compile(r"\w(?:[\w-]|\.(?!\.)){0,199}")
_RESERVED = re.compile(r"overview|input|loss|training|step[0-9]+|history|true|false", re.IGNORECASE)


def check_name(name: object, key: str, where: str) -> None:
    """Raise SpecError where a name is none that a sheet, or a defined name, could have."""
    if not isinstance(name, str) or not _LAYER_NAME.fullmatch(name):
        raise SpecError(
            f"{where}: {key} = {shown(name)}: expected a letter, then letters, digits and"
            " underscores, at most 25 in all"
        )


def check_layer_name(name: object, where: str) -> None:
    """Raise SpecError where a name is none, or means something else already."""
    check_name(name, "name", where)
    if _RESERVED.fullmatch(str(name)):
        raise SpecError(f"{where}: name = {shown(name)}: this name has a meaning of its own here")


def is_size(value: object) -> bool:
    """Return whether a value is a size: a whole number from 1."""
    return type(value) is int and 1 <= value <= 1_000_000


def read_other_names(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return what another program calls parameters, by the names of their tensors: [names].

    Raises SpecError where that is no table of texts.
    """
    table = raw.get("names", {})
    if not isinstance(table, dict):
        raise SpecError(f"names = {shown(table)}: expected a table, [names]")
    for name, tensor in table.items():
        if not _OTHER_NAME.fullmatch(name):
            raise SpecError(
                f"[names]: {shown(name)}: expected letters, digits, dots, dashes and underscores"
            )
        if not isinstance(tensor, str):
            raise SpecError(f"[names]: {shown(name)} = {shown(tensor)}: expected a tensor's name")
    return table
