"""A derivation as plain text, and as Markdown with its equations in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from xlbackprop.derivation.derive import (
    Derivation,
    Part,
    name_in,
    size_of,
    sources_of,
)
from xlbackprop.equation import Equation
from xlbackprop.notation import chain_of, inline_name, latex_of, to_latex

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~])")


def to_text(derivation: Derivation) -> str:
    """Return the derivation as lines for a terminal."""
    return "\n".join(_lines(derivation)) + "\n"


def sizes(
    equation: Equation, symbol: Callable[[str], str] = str, plain: Callable[[str], str] = str
) -> str:
    """Return the sizes of an equation's tensors: `out (output) 3×3×3, from h 2×5×5, w 3×2×3×3`.

    `symbol` writes a tensor's name, `plain` all other text.
    """
    target = equation.target
    name = f"{target.short}, " if target.symbol else ""
    made = ", ".join(
        symbol(name_in(equation, tensor)) + plain(f" {size_of(tensor)}")
        for tensor in sources_of(equation)
    )
    about = plain(f" ({name}{target.about}) {size_of(target)}, from ")
    return symbol(target.title) + about + made


def _lines(derivation: Derivation) -> Iterator[str]:
    yield derivation.name + (f": {derivation.about}" if derivation.about else "")
    yield ""
    yield from derivation.remarks
    for chapter in derivation.chapters:
        yield from ("", chapter.title.upper())
        yield from chapter.remarks
        for part in chapter.parts:
            yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    yield from ("", part.title)
    yield from (f"  {remark}" for remark in part.remarks)
    for equation in part.equations:
        yield ""
        if chain_of(equation):
            yield f"    {chain_of(equation)}"
        yield f"    {equation.math.full or equation.math.text}"
        yield f"        {sizes(equation)}"
        if equation.math.why:
            yield f"        {equation.math.why}"


def to_markdown(derivation: Derivation) -> str:
    """Return the derivation as Markdown, each equation between double dollar signs."""
    lines = [f"# {plain(derivation.name)}", plain(derivation.about)]
    lines += map(plain, derivation.remarks)
    for chapter in derivation.chapters:
        lines += [f"## {plain(chapter.title)}", *map(plain, chapter.remarks)]
        for part in chapter.parts:
            lines += [f"### {plain(part.title)}", *map(plain, part.remarks)]
            for equation in part.equations:
                if chain_of(equation):
                    lines.append(rf"${to_latex(chain_of(equation))}$")
                lines.append(f"$$\n{latex_of(equation.math)}\n$$")
                lines += [sizes(equation, inline_name, plain), plain(equation.math.why)]
    return "\n\n".join(filter(None, lines)) + "\n"


def plain(text: str) -> str:
    """Return a text in which nothing has a meaning in Markdown or HTML."""
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text)).replace("&", "&amp;")
