"""What is to be judged in a workbook: which network, and where its tensors stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from xlbackprop.equation import Array
from xlbackprop.errors import SpecError, WorkbookError
from xlbackprop.find.blocks import find_blocks, stands_unfolded
from xlbackprop.find.mapping import (
    Map,
    choose_unmapped,
    load_map,
    needed_for,
    places_of,
    with_conventions,
)
from xlbackprop.find.mapping.gathered import with_sums
from xlbackprop.find.mapping.one_hot import classes_of_one_hot
from xlbackprop.find.mapping.shared import with_shared_layers
from xlbackprop.find.mapping.taken import taken_as_they_stand
from xlbackprop.formula.grid import Block
from xlbackprop.formula.places import Places, places_in_blocks
from xlbackprop.network import Network, build_network
from xlbackprop.network.values import fixed_values
from xlbackprop.spec import Spec, parse_spec
from xlbackprop.spec.templates import load_spec, template_names
from xlbackprop.workbook import description
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.workbook import Workbook

MAX_DESCRIPTION_CELLS = 20_000
# Networks by their descriptions, so many of them, of so many tensors: the rest is not kept.
_LAST: dict[tuple[str, bool], Network] = {}
_MOST_KEPT, _FEW_TENSORS = 4, 500
# What tells a page of this program that has lost its description: a sheet, and so many names.
_FIRST_SHEET, _FEWEST_NAMES = "Overview", 3
_GRADIENT_NAME = re.compile(r"\w+[._]dL_d\w[\w.]*", re.IGNORECASE)


@dataclass(frozen=True)
class Subject:
    """A network in a workbook: the places of those tensors that the workbook has.

    `blocks` are those of all tensors in a workbook that this program laid out, and `chosen` the
    numbers of givens and parameters that the workbook does not have. `absent` says of the other
    tensors why they have no place, and `unsettled` names those that seem to be there all the same.
    """

    network: Network
    places: Mapping[str, Places]
    blocks: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    chosen: Mapping[str, Array] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()  # on where the tensors stand
    absent: Mapping[str, str] = field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()


def find_subject(
    workbook: Workbook,
    spec: Spec | str | Path | None = None,
    map: Map | str | Path | None = None,  # noqa: A002
) -> Subject:
    """Return what a workbook holds: by its own names, or where the map says.

    `spec` takes the place of the one that the workbook carries, or that the map names.
    Raises WorkbookError, SpecError or MapError where one of them cannot be used.
    """
    if map is not None:
        return _mapped(workbook, spec, map if isinstance(map, Map) else load_map(map))
    return named_subject(workbook, network_of(workbook, spec))


def named_subject(workbook: Workbook, network: Network) -> Subject:
    """Return where a workbook has the network's tensors by its own names, or where it was built.

    Raises NamesGone where neither tells, WorkbookError where the cells of a name do not fit.
    """
    found = find_blocks(workbook, network)
    places = {
        name: places_in_blocks(tensor, found.blocks[name])
        for name, tensor in network.tensors.items()
    }
    notes = (Note(NoteKind.NAMELESS, len(found.nameless)),) if found.nameless else ()
    return Subject(network, places, found.blocks, notes=notes)


def is_described(workbook: Workbook) -> bool:
    """Whether a workbook says itself which network it holds."""
    return description.SHEET in workbook.sheets


def was_built_here(workbook: Workbook) -> bool:
    """Whether a workbook shows that this program has built it, described or not."""
    names = {*workbook.names, *(name for _, name in workbook.local_names)}
    ours = sum(bool(_GRADIENT_NAME.fullmatch(name)) for name in names)
    return is_described(workbook) or (_FIRST_SHEET in workbook.sheets and ours >= _FEWEST_NAMES)


def network_of(workbook: Workbook, spec: Spec | str | Path | None = None) -> Network:
    """Return the network that a workbook describes, or the one of `spec` where that is given.

    Raises WorkbookError where the workbook's own description is missing or broken.
    """
    if spec is not None:
        return _network_as_laid_out(workbook, spec if isinstance(spec, Spec) else load_spec(spec))
    if not is_described(workbook):
        if was_built_here(workbook):
            raise WorkbookError(
                f"its sheet {description.SHEET} is gone, which says what network it holds: start"
                " again from a freshly built workbook (`xlbackprop build SPEC`), or have it checked"
                " with `--spec SPEC`"
            )
        raise WorkbookError(
            f"it has no sheet {description.SHEET}, so it was not built by xlbackprop: build one"
            " with `xlbackprop build SPEC --blank all` and fill that in, or say with --map where"
            " the tensors stand in yours"
        )
    cells = workbook.cells(description.SHEET)
    if cells.seen > MAX_DESCRIPTION_CELLS:
        raise WorkbookError(
            f"its sheet {description.SHEET} has more than {MAX_DESCRIPTION_CELLS} cells"
        )
    text = description.read_description(cells.by_place)
    try:
        # Without a folder, and without values: nothing that a stranger's spec names is opened.
        return _described_network(text, folds=description.read_folds(cells.by_place))
    except SpecError as error:
        raise WorkbookError(f"its sheet {description.SHEET} is broken: {error}") from None


def _network_as_laid_out(workbook: Workbook, spec: Spec) -> Network:
    """Return a spec's network, its long vectors in one row where the workbook has them so."""
    network = build_network(spec)
    if network.has_folds and stands_unfolded(workbook, network):
        return build_network(spec, folds=False)
    return network


def _described_network(text: str, *, folds: bool) -> Network:
    """Return the network of a description, one of the last few: a class has the same."""
    network = _LAST.pop((text, folds), None) or build_network(parse_spec(text), folds=folds)
    if len(network.tensors) <= _FEW_TENSORS:
        _LAST[text, folds] = network
        if len(_LAST) > _MOST_KEPT:
            del _LAST[next(iter(_LAST))]
    return network


def _mapped(
    workbook: Workbook,
    spec: Spec | str | Path | None,
    map: Map,  # noqa: A002
) -> Subject:
    if map.pairs:
        raise map.error("[gradients]", "it knows no network: `xlbackprop check` alone takes it")
    network = with_conventions(map, _network_of_map(workbook, spec, map))
    places = places_of(map, network, workbook.sheets, workbook.names)
    shared = with_shared_layers(network, places)
    if shared is not None:
        with suppress(SpecError):  # what cannot be shared is two tensors with the same numbers
            network = with_conventions(map, build_network(shared))
            places = places_of(map, network, workbook.sheets, workbook.names)
    network = with_sums(network, places)
    told = classes_of_one_hot(workbook, network, places)
    fixed = fixed_values(network)
    network, reasons = taken_as_they_stand(network, places, {*places, *fixed, *told})
    chosen = choose_unmapped(map, network, places, told)
    needed = needed_for(
        network, [name for name in places if network.tensors[name].kind.is_computed]
    )
    taken = tuple(name for name in chosen if name in needed and name not in told)
    notes = (Note(NoteKind.TAKEN_FROM_MAP, names=taken),) if taken else ()
    absent = {name: "not in the map" for name in network.tensors if name not in places}
    return Subject(
        network,
        places,
        chosen=chosen,
        notes=notes,
        absent={**absent, **reasons},
        unsettled=frozenset(reasons),
    )


def _network_of_map(
    workbook: Workbook,
    spec: Spec | str | Path | None,
    map: Map,  # noqa: A002
) -> Network:
    if spec is not None or map.spec:
        named = map.spec if map.spec in template_names() else (map.folder or Path()) / map.spec
        return network_of(workbook, spec if spec is not None else named)
    if description.SHEET in workbook.sheets:
        return network_of(workbook)
    raise map.error("spec", 'which network? Add spec = "conv5x5x2": a template, or a TOML file')
