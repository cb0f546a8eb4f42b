"""Which network a page may hold, where nobody says: a chain of conv, pool and dense layers.

Dense layers follow from numbers alone. Of a conv layer, shapes are proposed from the sizes of the
blocks that were typed and of those that are computed; the first whose numbers satisfy its equations
is taken, and what follows it is found by its numbers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import tomli_w

from xlbackprop.equation import Role
from xlbackprop.errors import SpecError, WorkbookError
from xlbackprop.find.gradients.discover import find_gradients
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.find.locate.guessing.chain import Chain, Chains
from xlbackprop.find.locate.guessing.chain_ends import with_loss
from xlbackprop.find.locate.guessing.from_formulas import chain_of
from xlbackprop.find.locate.guessing.line_indices import without_line_indices
from xlbackprop.find.locate.page.indices import without_indices
from xlbackprop.find.locate.page.page import Page
from xlbackprop.find.locate.page.reading import read_page_of
from xlbackprop.find.locate.page.references import PageReferences
from xlbackprop.find.locate.page.tiles import Tiles
from xlbackprop.find.locate.proposal import SURE, Proposal
from xlbackprop.find.locate.propose import locate, locate_on
from xlbackprop.find.locate.steps.told import Told
from xlbackprop.find.sheets import sheets_together, wanted_sheet
from xlbackprop.network import Network, build_network
from xlbackprop.spec import parse_spec
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS, EngineName, Limits
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.workbook import open_workbook

_SECONDS = 10.0  # for the page's own formulas
_SECONDS_OF_CHAINS = 5.0
_MOST_CHAINS = 2
_MOSTLY, _FEW = 0.9, 4


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
    page = _page(Path(path), engine, limits, sheet)
    findings = _findings(Path(path), engine, limits, sheet)
    for text in filter(None, map(chain_of, findings)):
        proposal = locate(path, parse_spec(text), engine=engine, limits=limits, sheet=sheet)
        if _explains_output(proposal):
            return replace(proposal, spec="")
    best = _best(page, str(path))
    if best is None:
        raise WorkbookError(
            f"{path}: no conv or dense layer fits its numbers, by itself or before others"
            f"{_but(findings)}: name the network with --spec"
        )
    return best


def _page(path: Path, engine: EngineName | str, limits: Limits, sheet: str | None) -> Page:
    """Return what stands in a workbook, without the indices along blocks and vectors."""
    whole = read_page_of(path, engine, limits, sheet)
    page = without_indices(whole)
    return without_line_indices(page) if len(page.keys) < len(whole.keys) else page


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


@np.errstate(all="ignore")  # a stranger's numbers may overflow
def _best(page: Page, path: str) -> Proposal | None:
    """Return the proposal of the chain that explains most of a page, if one explains its output."""
    for chain in _chains(page)[:_MOST_CHAINS]:
        for told in (False, True) if page.has_formula.any() else (False,):
            proposal = _located(page, chain, path, is_told=told)
            if proposal is not None and _is_network(proposal):
                return proposal
    return None


def _chains(page: Page) -> list[Chain]:
    """Return the chains that a page's numbers are of, with their losses, the longest first."""
    references = PageReferences(page)
    tiles = Tiles(page, references.ranges)
    ends = time.process_time() + _SECONDS_OF_CHAINS
    for in_typed in (False, True) if page.has_formula.any() else (True,):
        chains = Chains(page, tiles, references, ends, in_typed=in_typed)
        found = sorted(chains.from_inputs(), key=lambda one: -len(one.used))[: 2 * _MOST_CHAINS]
        if found:
            ended = [with_loss(chains, one) for one in found]
            return sorted(ended, key=lambda one: -len(one.used))
    return []


def chain_text(chain: Chain) -> str:
    """Return a chain's spec, as TOML."""
    head: dict[str, object] = {"name": "guess", "input": list(chain.shape)}
    head |= {"batch": chain.batch} if chain.batch else {}
    return tomli_w.dumps({**head, "layers": list(chain.layers), "loss": dict(chain.loss)})


def _located(page: Page, chain: Chain, workbook: str, *, is_told: bool) -> Proposal | None:
    """Return where a chain's tensors are found, or where they are by what the chain is made of."""
    try:
        network = build_network(parse_spec(chain_text(chain)))
    except SpecError:
        return None
    if not is_told:
        return locate_on(page, network, workbook=workbook, spec="")
    placed = {_name(network, key): keys for key, keys in chain.given.items()}
    told = Told(placed={name: keys for name, keys in placed.items() if name in network.tensors})
    return locate_on(page, network, workbook=workbook, spec="", told=told)


def _name(network: Network, key: str) -> str:
    """Return the name of what a chain has by the number of its layer: `0.w`."""
    number, _, short = key.partition(".")
    if not number.isdigit():
        return key if short else network.inputs[0].name
    return f"{network.layers[int(number)].name}.{short}"


def _is_network(proposal: Proposal) -> bool:
    """Return whether a chain's outputs were found, and more than products of numbers.

    Weighted sums are on many pages. What tells a network is an activation, a convolution, several
    units with a bias, or a gradient. Where most gradients that are there are of something else, so
    is the page.
    """
    tensors = proposal.network.tensors
    computed = [one for one in proposal.tensors if tensors[one.name].kind.is_computed]
    outputs = [one for one in computed if tensors[one.name].role is Role.OUTPUT]
    roles = (Role.PARAMETER_GRADIENT, Role.INPUT_GRADIENT)
    gradients = [one for one in computed if tensors[one.name].role in roles]
    layers = proposal.network.spec.layers
    is_more = (
        any(one.type not in ("dense", "flatten") for one in layers)
        or any(one.options.get("bias", True) and one.options.get("units") != 1 for one in layers)
        or any(one.fits for one in gradients)
    )
    is_other = 2 * sum(one.fits for one in gradients) < len(gradients)
    return (
        is_more and not is_other and bool(outputs) and all(one.share >= _MOSTLY for one in outputs)
    )


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
