"""Products, fractions and parentheses in LaTeX, from factors in LaTeX."""

from __future__ import annotations

from itertools import accumulate, pairwise

HALF = r"\tfrac{1}{2}"
_TALL = (r"\frac", r"\left(", "(")


def fraction(product: list[str], denominators: list[str]) -> str:
    """Return a division; sums and derivatives stand beside the fraction, not small within it."""
    if not denominators:
        return _product(product)
    tall = next((n for n, one in enumerate(product) if one.startswith((r"\sum", r"\frac"))), None)
    if tall is None:
        return rf"\frac{{{bare(_product(product))}}}{{{_below(denominators)}}}"
    if product[tall].startswith(r"\sum"):
        above, beside = product[:tall], product[tall:]
    else:
        above = [one for one in product if not one.startswith(r"\frac")]
        beside = [one for one in product if one.startswith(r"\frac")]
    if above == [HALF]:
        above, denominators = [], ["2", *denominators]
    numerator = bare(_product(above)) if above else "1"
    return _product([rf"\frac{{{numerator}}}{{{_below(denominators)}}}", *beside])


def _below(denominators: list[str]) -> str:
    if len(denominators) == 1:
        return bare(denominators[0])
    return _product(sorted(denominators, key=lambda one: not one.isdigit()))


def _product(factors: list[str]) -> str:
    text = factors[0]
    for before, after in pairwise(factors):
        text += _between(before, after) + after
    return text


def _between(before: str, after: str) -> str:
    """Return what stands between two factors: a dot where they would run into one another."""
    if before.startswith((r"\sum", r"\max_", r"\min_")):
        return " "
    if before.isdigit() and len(after) == 1 and after.isalpha():
        return ""  # 2i
    is_word = before.startswith(r"\mathrm") or after.startswith(r"\mathrm")
    is_tall = before.startswith(_TALL) or after.startswith(_TALL)
    is_number = after[0].isdigit() or after.startswith((HALF, "(-", r"\ \text"))
    return r" \cdot " if is_number or (is_word and not is_tall) else r"\, "


def enclosed(text: str) -> str:
    """Return the text in parentheses as tall as it is."""
    return rf"\left({text}\right)" if r"\frac" in text else f"({text})"


def bare(text: str) -> str:
    """Return what stands within the parentheses, where one pair encloses all of the text."""
    plain = text.replace(r"\left(", "(").replace(r"\right)", ")")
    if not (plain.startswith("(") and plain.endswith(")")):
        return text
    depth = list(accumulate((c == "(") - (c == ")") for c in plain))
    if 0 in depth[:-1]:
        return text
    return text.removeprefix(r"\left").removesuffix(")").removesuffix(r"\right")[1:]


def number(text: str) -> str:
    """Return a number as print has it: `1E-12` is a power of ten."""
    digits, mark, exponent = text.partition("E")
    power = rf"10^{{{int(exponent)}}}" if mark else ""
    return power if mark and digits in ("1", "1.0") else digits + rf" \cdot {power}" * bool(mark)
