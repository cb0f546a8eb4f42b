"""How a workbook is to be checked: what it is checked against, and how thoroughly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict, Unpack

from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS, EngineName, Limits

if TYPE_CHECKING:
    from pathlib import Path

    from xlbackprop.find.mapping import Map
    from xlbackprop.spec import Spec

# On more draws nothing more is found out.
MOST_DRAWS = 1_000


class CheckKeywords(TypedDict, total=False):
    """The fields of CheckOptions, as keyword arguments of `check` and `review_workbook`."""

    spec: Spec | str | Path | None
    map: Map | str | Path | None
    engine: EngineName | str
    limits: Limits
    prove: int
    formulas: bool
    same_givens: bool
    rounded_givens: bool
    loss: str | None
    sheet: str | None


@dataclass(frozen=True)
class CheckOptions:
    """How a workbook is to be checked.

    `spec` (a Spec, a template's name or a path) takes the place of the description that the
    workbook carries, and `map` (a Map or a path) says where the tensors stand in a workbook that
    somebody else laid out; with a spec and no map they are located. Formulas are evaluated anew
    by the engine, within the limits ("none": what was saved is judged). With `prove` they are
    tried on so many draws of the givens and parameters, too, and with `formulas` a number that
    was typed instead of one is `typed`. `same_givens` asks for a workbook that says what its
    givens and parameters were when it was handed out, or for a spec that does. With
    `rounded_givens` each typed given stands for all numbers that round to it, and a typed answer
    that one of them leads to is right. In a workbook without a description, `loss` is the address
    of the cell that holds L. With `sheet` only what stands on that sheet is judged.
    """

    spec: Spec | str | Path | None = None
    map: Map | str | Path | None = None
    engine: EngineName | str = EngineName.IRONCALC
    limits: Limits = DEFAULT_LIMITS
    prove: int = 0
    formulas: bool = False
    same_givens: bool = False
    rounded_givens: bool = False
    loss: str | None = None
    sheet: str | None = None

    @property
    def asks_for_formulas(self) -> bool:
        """Whether a number alone is not enough."""
        return self.formulas or self.prove > 0

    def with_changes(self, **changes: Unpack[CheckKeywords]) -> CheckOptions:
        """Return the options with some of them changed."""
        return replace(self, **changes)


DEFAULT_OPTIONS = CheckOptions()
