"""What is asked of a model in a file, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xlbackprop.equation import Shape
from xlbackprop.errors import SpecError, one_line
from xlbackprop.losses import LOSSES
from xlbackprop.spec import LossSpec, Spec

Declared = Mapping[str, tuple[int | None, ...]]  # the inputs' sizes, None where any is taken

_MANY = 10_000_000


@dataclass(frozen=True)
class Imported:
    """A model's Spec, and what is to be said of it: a line each."""

    spec: Spec
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What is asked for: the input's sizes, a batch, a loss, where to end."""

    sizes: tuple[int, ...] | None = None
    batch: int | None = None
    loss: str = ""
    until: str = ""
    name: str = ""

    @property
    def loss_spec(self) -> LossSpec:
        """The loss, `given` where none is asked for. Raises SpecError where there is no such."""
        if self.loss and self.loss not in LOSSES:
            known = ", ".join(sorted(LOSSES))
            raise SpecError(f"loss: there is no {self.loss!r}: expected one of {known}")
        return LossSpec(self.loss or "given", {})

    def name_of(self, path: Path) -> str:
        """Return the spec's name: the one asked for, or the file's."""
        return self.name or re.sub(r"[^A-Za-z0-9_.-]", "_", path.stem).strip("_.-")[:80] or "model"

    def batch_of(self, declared: Declared) -> int | None:
        """Return the batch: the one asked for, or one of several samples that the file has."""
        if self.batch is not None:
            return self.batch
        first = next(iter(declared.values()))
        if self.sizes is not None and len(self.sizes) == len(first):
            return self.sizes[0]
        return first[0] if first[0] is not None and first[0] > 1 else None

    def shapes(self, declared: Declared) -> dict[str, Shape]:
        """Return each input's shape, with a batch of 1 where there is none.

        Raises SpecError where the file does not tell a size, and none is asked for.
        """
        if not declared:
            raise SpecError("the model takes no input")
        if self.sizes is not None and len(declared) > 1:
            raise SpecError(f"--input: the model has {len(declared)} inputs: expected one")
        for name, sizes in declared.items():
            if len(sizes) < 2:
                raise SpecError(
                    f"the input {one_line(name, 60)!r} has {len(sizes)} axes: expected a batch,"
                    " and one to three more"
                )
        batch = self.batch_of(declared) or 1
        return {name: (batch, *self._own(name, sizes)) for name, sizes in declared.items()}

    def _own(self, name: str, declared: tuple[int | None, ...]) -> Shape:
        """Return an input's sizes without the batch."""
        own, shown = declared[1:], ",".join(str(size or "?") for size in declared[1:])
        if self.sizes is not None:
            asked = self.sizes[-len(own) :]
            fits = len(self.sizes) - len(own) in (0, 1)
            if not fits or any(one not in (None, two) for one, two in zip(own, asked, strict=True)):
                given = ",".join(map(str, self.sizes))
                raise SpecError(f"--input {given}: the model takes {shown}")
            return asked
        found = tuple(size for size in own if size is not None)
        if len(found) != len(own) or not all(1 <= size <= _MANY for size in found):
            raise SpecError(
                f"the input {one_line(name, 60)!r} may be of any size, {shown}: say which, as"
                " --input 1,28,28"
            )
        return found
