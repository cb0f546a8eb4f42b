"""What was found in a sheet, in sentences: what was taken for L, for steps, and for gradients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from xlbackprop.find.gradients.findings import Claim, Findings, Role

_MOST_NAMED = 4


def notes_on(findings: Findings, label: str, usual: float) -> Iterator[str]:
    """Yield what to say of a sheet whose L has a label; `usual` is the factor of most gradients."""
    yield f"differentiated: {_on_loss(findings, label)}; {_on_claims(findings)}"
    yield from _on_factors(findings, usual)


def not_that(findings: Findings, label: str) -> str:
    """Return what the sheet's own L is not, though the gradients are right for that."""
    return (
        f"the gradients are those of {findings.assumed}, but {_cells(findings, label)} is not that:"
        " mend its formula, or the gradients"
    )


def times_that(findings: Findings, label: str, usual: float) -> str:
    """Return that the gradients are a multiple of those of the sheet's own L."""
    return (
        f"the gradients are {usual:g} times those of {_cells(findings, label)}: mend its formula,"
        " or the gradients"
    )


def _on_loss(findings: Findings, label: str) -> str:
    if findings.assumed and not findings.losses:
        return f"the sheet has no L of its own, {findings.assumed} is assumed"
    if findings.assumed:
        return f"{findings.assumed} is assumed for L"
    return f"L is {_cells(findings, label)}"


def _cells(findings: Findings, label: str) -> str:
    first, last = (findings.address(findings.losses[at]) for at in (0, -1))
    cells = f"{first} to {last}, a step in each" if findings.steps > 1 else first
    return f"{cells} ({label})" if label and not label.startswith("--") else cells


def _on_claims(findings: Findings) -> str:
    gradients = [
        one
        for one, is_blank in zip(findings.claims, findings.is_blank, strict=True)
        if one.role is Role.GRADIENT and not is_blank
    ]
    updates = [one for one in findings.claims if one.role is Role.UPDATE]
    parts = [_counted(len(gradients), "gradient")]
    if updates:
        rate = Counter(one.factor for one in updates).most_common(1)[0][0]
        where = f" in {findings.address(findings.rate)}" if findings.rate is not None else ""
        parts.append(f"{_counted(len(updates), 'update')} (rate {rate:g}{where})")
    sets = findings.board.draws - 1
    return f"{' and '.join(parts)}, tried with the numbers on the page and with {sets} other sets"


def _on_factors(findings: Findings, usual: float) -> Iterator[str]:
    """Yield the conventions: cells that hold a constant times the gradient, and may."""
    by_factor: dict[float, list[Claim]] = {}
    for at, claim in enumerate(findings.claims):
        if claim.role is Role.GRADIENT and claim.factor != 1 and _is_right(findings, at):
            by_factor.setdefault(claim.factor, []).append(claim)
    for factor, claims in sorted(by_factor.items(), key=lambda one: -len(one[1])):
        what = "-dL/dx, as deltas are" if factor == -1 else f"{factor:g} * dL/dx"
        cells = list(dict.fromkeys(findings.address(one.cell) for one in claims))
        more = f" and {len(cells) - _MOST_NAMED} more" if len(cells) > _MOST_NAMED else ""
        holds = "holds" if len(cells) == 1 else "hold"
        yield f"{', '.join(cells[:_MOST_NAMED])}{more} {holds} {what}" + (
            "" if factor in (usual, -1) else ": taken for the sheet's own convention"
        )


def _is_right(findings: Findings, at: int) -> bool:
    return bool(np.allclose(findings.own[at, 0], findings.truth[at, 0], rtol=1e-6))


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
