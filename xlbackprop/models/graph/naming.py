"""Names of layers from the paths of modules."""

from __future__ import annotations

import re

from xlbackprop.errors import SpecError
from xlbackprop.layers import LAYERS
from xlbackprop.spec.names import check_layer_name

_LONGEST = 25


class Names:
    """The names that are taken; those of layers and inputs are one set."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of_layer(self, path: str, type_name: str, *, is_leaf: bool) -> str:
        """Return a new name: the module's where it is one of torch.nn's, or with the type added."""
        short = LAYERS[type_name].short
        base = re.sub(r"\W", "_", path)
        if not is_leaf:
            base = f"{base}_{short}" if base else short
        return self.new(base, short)

    def new(self, base: str, prefix: str) -> str:
        """Return a name like `base` that is new; `prefix` makes one of what is none."""
        base = re.sub(r"\W", "_", base)
        base = base[-_LONGEST:].lstrip("_") if len(base) > _LONGEST else base
        name = base if _is_name(base) else f"{prefix}{base}"[:_LONGEST]
        number = 1
        while name.lower() in self._taken:
            number += 1
            end = f"_{number}"
            name = (base if _is_name(base) else f"{prefix}{base}")[: _LONGEST - len(end)] + end
        self._taken.add(name.lower())
        return name


def _is_name(text: str) -> bool:
    try:
        check_layer_name(text, "")
    except SpecError:
        return False
    return True
