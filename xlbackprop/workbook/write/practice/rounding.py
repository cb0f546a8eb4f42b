"""The verifier's rule of what a typed number may be off, as formulas of a practice workbook."""

from __future__ import annotations

from collections.abc import Sequence

from xlbackprop.tolerance import ABSOLUTE, HALF, LEAST_DECIMALS, NEAR, ONE_NUMBER, RELATIVE, SMALL

# Stands for what is not a number yet, so that a tensor is not one number before it is filled in.
NOTHING = 1e300

NOISE = 1e-15

# Half a unit of the last decimal that must be typed anywhere.
LEAST_ROUNDING = repr(HALF * 10.0**-LEAST_DECIMALS)

# What the cells of a comparison hold, for a typed number and that of an earlier tensor.
EQUAL, COPIED, NOT_COPIED = 0, 1, 2


def largest_formula(answers: str) -> str:
    """Return the formula of a tensor's largest entry without its sign, from its range."""
    return f"IFERROR(MAX(MAX({answers}),-MIN({answers})),0)"


def allowed_formula(answer: str, largest: str) -> str:
    """Return what any number may be off: as `tolerance.allowance` has it.

    A little more near 0, in place of the verifier's search for what is left where terms cancel.
    """
    return f"MAX({NOISE:.0E},{ABSOLUTE:.0E}*MIN(1,{largest}),{RELATIVE:.0E}*ABS({answer}))"


def limit_formula(answers: str, largest: str, typed: str, copies: Sequence[str]) -> str:
    """Return the formula of what a rounded number may be off at most; 0 where none counts.

    All are ranges of a whole tensor: its answers, what was typed (where it is more than one
    number), and how that compares with earlier tensors.
    """
    decimals = f"MAX({LEAST_DECIMALS},-INT(1E-9-LOG10(0.5/({SMALL}*{largest}))))"
    text = f"IF({largest}>0,{HALF!r}*10^-{decimals},0)"
    for one in copies:
        text = f"IF(MAX({one})={COPIED},0,{text})"
    if typed:
        spread = f"MAX({answers})-MIN({answers})"
        alike = f"IF({spread}>{ONE_NUMBER:.0E}*{largest},0,{text})"
        text = f"IF(MAX({typed})=MIN({typed}),{alike},{text})"
    return f"IFERROR({text},0)"


def typed_formula(typed: str) -> str:
    """Return the formula of the number that was typed."""
    return f"IF(COUNT({typed}),{typed},{NOTHING:.0E})"


def copied_formula(typed: str, other: str, answer: str, largest: str, *, rounded: bool) -> str:
    """Return the formula that compares what was typed with an earlier tensor's entry.

    With `rounded`, also that entry rounded is the same.
    """
    off = f"ABS({typed}-{other})"
    is_same = f"{off}<={RELATIVE:.0E}*ABS({typed})"
    differs = f"ABS({other}-{answer})>{allowed_formula(answer, largest)}"
    same = f"IF({differs},{COPIED},{EQUAL})"
    otherwise = _if_rounded(typed, off, LEAST_ROUNDING, same, NOT_COPIED) if rounded else NOT_COPIED
    return f"IF(COUNT({typed}),IF({is_same},{same},{otherwise}),{NOT_COPIED})"


def nearest_formula(typed: str, answer: str, follows: str, largest: str) -> str:
    """Return the formula of what to compare with: the answer, or what follows and is near it."""
    is_nearer = f"ABS({typed}-{follows})<ABS({typed}-{answer})"
    is_near = f"ABS({follows}-{answer})<={NEAR}*{largest}"
    return f"IF({is_near},IF({is_nearer},{follows},{answer}),{answer})"


def mark_formula(typed: str, answer: str, largest: str, limit: str) -> str:
    """Return the formula of a mark, from the addresses of what was typed and of the answer.

    A number is right by the verifier's rule. Of the decimal places at which it would still be
    near enough to be the answer rounded, only the most are tried: if it has no more than these
    (and these are enough), then it is. A formula's result is taken like a typed number, since no
    old function tells them apart.
    """
    off = f"ABS({typed}-{answer})"
    rounded = _if_rounded(typed, off, limit, 1, -1)
    number = f"IF({off}<={allowed_formula(answer, largest)},1,{rounded})"
    # LibreOffice counts TRUE as a number.
    numbers = f"COUNT({typed},{answer})-ISLOGICAL({typed})"
    return f"IF(ISBLANK({typed}),0,IF({numbers}<2,-1,{number}))"


def _if_rounded(typed: str, off: str, limit: str, yes: str | int, no: str | int) -> str:
    """Return the formula of whether a number is another one, from which it is off, rounded."""
    places = f"INT(LOG10({HALF!r}/{off}))"
    return f"IF({off}>{limit},{no},IF(ROUND({typed},{places})={typed},{yes},{no}))"
