"""Names of tensors in LaTeX: letters in italics, words upright, gradients as derivatives."""

from __future__ import annotations

import re
from functools import partial

from xlbackprop.notation.symbols import GREEK

_GREEK = {
    **GREEK,
    "alpha": r"\alpha", "beta": r"\beta", "beta1": r"\beta_1", "beta2": r"\beta_2",
    "eps": r"\varepsilon", "gamma": r"\gamma",
}  # fmt: skip
# The gradients that sum up to dL/dout or dL/dinput, and the partial sums of a gradient.
_PART = re.compile(r"((?:out|input)(?=_\d+$)|\w+?(?=_sums))_(\w+)")


def name_to_latex(name: str, index: str = "", *, flat: bool = False, delta: bool = False) -> str:
    """Return a tensor's name in LaTeX, with an index that is LaTeX already.

    A single letter is in italics, a word upright; what follows a letter (`w_new`) stands below it,
    and a layer above its tensor. A derivative that is `flat` is no taller than a line of words;
    with `delta`, that of L is called so.
    """
    layer, dot, short = name.rpartition(".")
    above = rf"^{{\mathrm{{{_escaped(layer)}}}}}" if dot else ""
    short = short.replace("dL_d", "dL/d") if dot else short
    if short.startswith("∂"):
        upper, lower = short.replace("∂", "").split("/")
        if delta and upper == "L":
            return _delta(lower, index, above)
        upper, lower = name_to_latex(upper), name_to_latex(lower)
        return rf"\frac{{\partial {upper}}}{{\partial {lower}}}"
    if short.startswith("dL/d"):
        make = _delta if delta else partial(_derivative, flat=flat)
        return make(short.removeprefix("dL/d"), index, above)
    return _named(short, index, above)


def _named(name: str, index: str, above: str) -> str:
    base, subscript = _parts(name)
    below = r",\,".join(filter(None, [subscript, index]))
    return base + above + (f"_{{{below}}}" if below else "")


def inline_name(name: str, *, delta: bool = False) -> str:
    """Return a tensor's name in LaTeX for a line of words."""
    return f"${name_to_latex(name, flat=True, delta=delta)}$"


def _parts(name: str) -> tuple[str, str]:
    """Return a name's letter or word, and what stands below it."""
    if name in _GREEK:
        base, _, number = _GREEK[name].partition("_")
        return base, number
    letter, mark, rest = name.partition("_")
    if mark and len(letter) == 1:
        return GREEK.get(letter, letter), _suffix(rest)
    if name.endswith("₀"):
        return name[:-1], "0"
    return (name if len(name) == 1 else rf"\mathrm{{{_escaped(name)}}}"), ""


def _suffix(rest: str) -> str:
    letter, mark, hat = rest.partition("_")
    if mark and hat == "hat" and len(letter) == 1:
        return rf"\hat {letter}"
    return rest if len(rest) == 1 or rest.isdigit() else rf"\mathrm{{{_escaped(rest)}}}"


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")


def _derivative(of: str, index: str, above: str, *, flat: bool) -> str:
    part = _PART.fullmatch(of)
    if part:
        below = r",\,".join(filter(None, [_suffix(part[2]), index]))
        return rf"\left({_derivative(part[1], '', above, flat=flat)}\right)_{{{below}}}"
    below = rf"\partial {_named(of, index, above)}"
    return rf"\partial L/{below}" if flat else rf"\frac{{\partial L}}{{{below}}}"


def _delta(of: str, index: str, above: str) -> str:
    part = _PART.fullmatch(of)
    name, rest = (part[1], _suffix(part[2])) if part else (of, "")
    below = r",\,".join(filter(None, [_named(name, "", ""), rest, index]))
    return rf"\delta{above}_{{{below}}}"
