"""Which network a page may hold, where nobody says: a chain of conv, pool and dense layers.

Dense layers follow from numbers alone. Of a conv layer, shapes are proposed from the sizes of the
blocks that were typed and of those that are computed; the first whose numbers satisfy its equations
is taken, and what follows it is found by its numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path

import numpy as np
import tomli_w

from xlbackprop.equation import Role
from xlbackprop.errors import SpecError, WorkbookError
from xlbackprop.find.gradients.discover import find_gradients
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.find.locate.chain import Chain, Chains
from xlbackprop.find.locate.from_formulas import chain_of
from xlbackprop.find.locate.indices import without_indices
from xlbackprop.find.locate.page import Page
from xlbackprop.find.locate.proposal import SURE, Proposal
from xlbackprop.find.locate.propose import locate, locate_on
from xlbackprop.find.locate.reading import read_page_of
from xlbackprop.find.locate.references import PageReferences
from xlbackprop.find.locate.tiles import Tiles
from xlbackprop.find.sheets import sheets_together, wanted_sheet
from xlbackprop.network import build_network
from xlbackprop.spec import parse_spec
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS, EngineName, Limits
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.workbook import open_workbook

Size = tuple[int, int]

_MOST_TRIED = 8
_SECONDS = 10.0  # for the page's own formulas
_MOST_CHAINS = 2
_MOST_SPECS = 4_000
_MOST_FILTERS = 16
_MOSTLY, _FEW = 0.9, 4
_STRIDES, _PADDINGS, _DILATIONS = (1, 2, 3), (0, 1, 2), (1, 2)


@dataclass(frozen=True)
class _Sizes:
    """How many blocks of each size were typed, and how many are computed."""

    typed: Counter[Size]
    computed: Counter[Size]


def guess(
    path: str | Path,
    *,
    engine: EngineName | str = EngineName.IRONCALC,
    limits: Limits = DEFAULT_LIMITS,
    sheet: str | None = None,
) -> Proposal:
    """Propose a chain of layers whose numbers a workbook has, and where its tensors stand.

    The proposal's network holds the spec. With `sheet` only that sheet is looked at.
    Raises WorkbookError where the file cannot be used, or no such layer fits what is in it.
    """
    page = without_indices(read_page_of(Path(path), engine, limits, sheet))
    findings = _findings(Path(path), engine, limits, sheet)
    for text in filter(None, map(chain_of, findings)):
        proposal = locate(path, parse_spec(text), engine=engine, limits=limits, sheet=sheet)
        if _explains_output(proposal):
            return replace(proposal, spec="")
    best = _best(_chains(page), page, str(path)) or _best(specs(page), page, str(path))
    if best is not None and best.network.layers[-1].type == "conv2d":
        best = _best(_behind(best, page), page, str(path)) or best
    if best is None:
        raise WorkbookError(
            f"{path}: no conv or dense layer fits its numbers, by itself or before others"
            f"{_but(findings)}: name the network with --spec"
        )
    return best


def _findings(
    path: Path, engine: EngineName | str, limits: Limits, sheet: str | None
) -> list[Findings]:
    """Return what the page's own formulas tell, if they are to be evaluated."""
    if engine == EngineName.NONE:
        return []
    with as_xlsx(path, limits) as file, open_workbook(file, path) as workbook:
        wanted = wanted_sheet(workbook, sheet) if sheet is not None else None
        groups = [one for one in sheets_together(workbook) if wanted in (None, *one)]
        found = [find_gradients(workbook, sheets=group, seconds=_SECONDS) for group in groups]
    return [one for one in found if isinstance(one, Findings)]


def _but(findings: Sequence[Findings]) -> str:
    """Return what the page's own formulas hold all the same."""
    if not findings:
        return ""
    number = sum(len(one.claims) for one in findings)
    own = [one for one in findings if one.losses]
    where = f" of the L in {own[0].address(own[0].losses[0])}" if own else ""
    verb = "gradient or update" if number == 1 else "gradients and updates"
    return (
        f"; its formulas hold {number:,} {verb}{where}, to which no chain of dense layers leads"
        " (check judges them without any network)"
    )


def _best(texts: Iterator[str], page: Page, path: str) -> Proposal | None:
    """Return the best proposal of some specs, if one explains what its layers give."""
    tried = (_located(page, text, path) for text in islice(texts, _MOST_TRIED))
    fitting = (one for one in tried if one is not None and _explains_output(one))
    return max(fitting, key=_fit, default=None)


def _chains(page: Page) -> Iterator[str]:
    """Yield the specs of the chains of dense layers that explain most of a page."""
    chains = Chains(page, Tiles(page, PageReferences(page).ranges)).from_inputs()
    for chain in sorted(chains, key=lambda one: -len(one.used))[:_MOST_CHAINS]:
        yield chain_text(chain)


def _behind(proposal: Proposal, page: Page) -> Iterator[str]:
    """Yield the spec of a conv layer with all that follows it on the page, if something does."""
    network, places = proposal.network, proposal.places
    out = places[network.layers[-1].equations.outputs[0].tensor.name]
    # What was taken for the gradient that is given may be what the next layer gives.
    taken = [
        places[one.name]
        for one in network.inputs
        if one.name in places and one.role is not Role.OUTPUT_GRADIENT
    ]
    used = np.concatenate([page.keys_of(own).ravel() for own in (*taken, out)])
    layer = {"type": "conv2d", **network.spec.layers[0].options}
    start = Chain(
        network.spec.input, 0, (layer,), page.numbers_at(page.keys_of(out)),
        frozenset(used.tolist()), {"type": "given"},
    )  # fmt: skip
    grown = Chains(page, Tiles(page, PageReferences(page).ranges)).grown(start)
    if len(grown.layers) > 1 or grown.loss["type"] != "given":
        yield chain_text(grown)


def chain_text(chain: Chain) -> str:
    """Return a chain's spec, as TOML."""
    head: dict[str, object] = {"name": "guess", "input": list(chain.shape)}
    head |= {"batch": chain.batch} if chain.batch else {}
    return tomli_w.dumps({**head, "layers": list(chain.layers), "loss": dict(chain.loss)})


def specs(page: Page) -> Iterator[str]:
    """Yield the specs, as TOML, whose tensors' shapes the page's blocks have: plainest first."""
    sizes = _sizes(page)
    found = [*_conv_layers(sizes), *_dense_layers(sizes)]
    found.sort(key=lambda one: one[0])
    yield from dict.fromkeys(text for _, text in found)


def _sizes(page: Page) -> _Sizes:
    tiles = Tiles(page, PageReferences(page).ranges)
    typed = Counter(tile.size for tile in set(tiles.whole) if tiles.is_typed(tile))
    computed = Counter(tile.size for tile in set(tiles.whole) if not tiles.is_typed(tile))
    return _Sizes(typed, computed)


def _conv_layers(sizes: _Sizes) -> Iterator[tuple[float, str]]:
    geometries = product(sizes.typed, sizes.typed, _STRIDES, _PADDINGS, _DILATIONS)
    for image, kernel, stride, padding, dilation in islice(geometries, _MOST_SPECS):
        spans = [dilation * (length - 1) + 1 for length in kernel]
        out = [(n + 2 * padding - d) // stride + 1 for n, d in zip(image, spans, strict=True)]
        is_dilated_pixel = dilation > 1 and max(kernel) == 1
        if min(out) < 1 or min(image) < 2 or padding >= max(spans) or is_dilated_pixel:
            continue
        outputs = sizes.computed[out[0], out[1]]
        for count in range(1, min(outputs, _MOST_FILTERS) + 1):
            channels = sizes.typed[image] - (count if tuple(out) == image else 0)
            # Of the blocks of the kernel's size some may be dL/dout, which may be missing, too.
            kernels = sizes.typed[kernel] - (count if tuple(out) == kernel else 0)
            if image != kernel and count * channels in (kernels, sizes.typed[kernel]):
                oddity = stride + padding + dilation + 0.01 * (outputs - count)
                layer = {
                    "type": "conv2d", "filters": count, "kernel": list(kernel), "stride": stride,
                    "padding": padding, "dilation": dilation,
                }  # fmt: skip
                yield oddity, _text([channels, *image], layer)


def _dense_layers(sizes: _Sizes) -> Iterator[tuple[float, str]]:
    for height, width in sizes.typed:
        for units, inputs in ((height, width), (width, height)):
            layer = {"type": "dense", "units": units}
            for samples in {1, *(rows for rows, columns in sizes.typed if columns == inputs)}:
                given = sizes.typed[samples, inputs] + sizes.typed[inputs, samples]
                out = sizes.computed[samples, units] + sizes.computed[units, samples]
                if given and out and units * inputs > 1:
                    batch = samples if samples > 1 else None
                    yield 6.0 + (units != height), _text([inputs], layer, batch)


def _text(shape: list[int], layer: dict[str, object], batch: int | None = None) -> str:
    head = {"name": "guess", "input": shape} | ({"batch": batch} if batch else {})
    return tomli_w.dumps({**head, "layers": [layer], "loss": {"type": "given"}})


def _located(page: Page, text: str, workbook: str) -> Proposal | None:
    try:
        network = build_network(parse_spec(text))
    except SpecError:
        return None
    return locate_on(page, network, workbook=workbook, spec="")


def _fit(proposal: Proposal) -> float:
    """Return how many computed cells are explained."""
    tensors = proposal.network.tensors
    computed = [one for one in proposal.tensors if tensors[one.name].kind.is_computed]
    return sum(one.share * tensors[one.name].size for one in computed)


def _explains_output(proposal: Proposal) -> bool:
    """Return whether the last layer's output is there, too large to be so by chance.

    An output before it that is there and does not fit says that it is another network's.
    """
    out, tensors = proposal.network.layers[-1].equations.outputs[0].tensor, proposal.network.tensors
    outputs = [one for one in proposal.tensors if tensors[one.name].role is Role.OUTPUT]
    if any(not one.share for one in outputs):
        return False
    found = [one for one in outputs if one.name == out.name]
    return any(
        one.certainty == SURE or (one.share >= _MOSTLY and out.size >= _FEW) for one in found
    )
