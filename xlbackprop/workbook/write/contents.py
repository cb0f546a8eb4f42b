"""All that goes into a workbook, together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlbackprop.equation import Array
from xlbackprop.layout import Layout
from xlbackprop.network import Network
from xlbackprop.workbook.description import Handout


@dataclass(frozen=True)
class Contents:
    """A network, where it stands, its numbers, and the names of the tensors left empty.

    `arrays` must have been evaluated with the empty tensors empty, so that no saved value gives
    an answer away. For practice, `answers` has what they are when nothing is empty;
    `handout` says to whom the workbook is handed out, where it is one person's own. `plain`
    is without colours for numbers, `gradcheck` with a sheet for nudging entries; in a `walk` the
    blocks show their numbers one after another, and in a `ladder` they are practised so.
    """

    network: Network
    layout: Layout
    arrays: Mapping[str, Array]
    blank: frozenset[str] = frozenset()
    answers: Mapping[str, Array] | None = None
    handout: Handout | None = None
    plain: bool = False
    gradcheck: bool = False
    walk: bool = False
    ladder: bool = False
