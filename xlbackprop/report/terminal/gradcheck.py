"""What a numerical check of gradients found, for people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TextIO

from xlbackprop.equation.indices import entry_name
from xlbackprop.judge.gradcheck import Checked
from xlbackprop.report.terminal.console import open_console, print_table

_MOST_ROWS = 60
_HEADS = ("Entry", "Numeric", "dL/d", "Yours", "Off by", "Because")


def print_gradcheck(checked: Sequence[Checked], stream: TextIO, *, every: bool) -> None:
    """Print what of each tensor agrees, and the entries that do not; with `every`, all of them."""
    console = open_console(stream)
    shown = [one for one in checked if every or not one.agrees or not one.is_right or one.reason]
    if shown:
        print_table(console, _HEADS, [_row(one) for one in shown[:_MOST_ROWS]], right=range(1, 5))
    if len(shown) > _MOST_ROWS:
        console.print(f"… and {len(shown) - _MOST_ROWS:,} more: --json has all")
    for name, group in groupby(checked, key=lambda one: one.tensor):
        console.print(f"{name}: {_summary(list(group))}")


def _summary(own: Sequence[Checked]) -> str:
    near = [one for one in own if one.agrees and not one.reason]
    parts = [f"{len(near):,} of {len(own):,} gradients are what the differences say"]
    if near:
        parts[0] += f", within {max(one.error for one in near):.1e}"
    explained, off = (
        sum(bool(one.reason) for one in own), sum(not one.agrees for one in own)
    )  # fmt: skip
    parts += [f"{explained:,} differ for a reason"] * bool(explained)
    parts += [f"{off:,} are wrong"] * bool(off)
    wrong = sum(not one.is_right for one in own)
    missing = sum(one.yours is None for one in own)
    if missing < len(own):
        parts.append(f"of yours, {len(own) - wrong - missing:,} are right and {wrong:,} are not")
    return "; ".join(parts)


def _row(one: Checked) -> tuple[str, ...]:
    yours = "" if one.yours is None else f"{one.yours:.8g}"
    reason = one.reason or ("yours is not the slope" if not one.is_right else "")
    name = entry_name(one.tensor, one.index)
    return name, f"{one.numeric:.8g}", f"{one.analytic:.8g}", yours, f"{one.error:.1e}", reason
