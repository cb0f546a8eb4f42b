"""A derivation as a LaTeX document that compiles as it is, or as its body for another one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xlbackprop.derivation.derive import Derivation, Part
from xlbackprop.derivation.matrices import Numbers, matrices
from xlbackprop.derivation.text import sizes
from xlbackprop.equation import Equation
from xlbackprop.notation import chain_of, inline_name, latex_of, prose, to_latex

# An equation that is wider than the page is made smaller, whatever names are in it.
_FIT = r"""\newsavebox{\wide}
\newcommand{\fit}[1]{\sbox{\wide}{$\displaystyle #1$}%
  \ifdim\wd\wide>\linewidth\resizebox{\linewidth}{!}{\usebox{\wide}}\else\usebox{\wide}\fi}
"""
_PREAMBLE = (
    r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern,amsmath,graphicx}
\usepackage[a4paper,margin=22mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\raggedright
"""
    + _FIT
)
# A body may be put into a document twice, or beside another one.
_BODY_BEGINS = rf"""% \usepackage{{amsmath,graphicx}} and \input this file
\ifdefined\fit\else
{_FIT}\fi
\begingroup\setlength{{\parindent}}{{0pt}}\setlength{{\parskip}}{{6pt}}\raggedright
"""
_BODY_ENDS = "\n\n\\endgroup\n"
_NUMBER_OF_AN_EQUATION = "3.5em"  # what it takes of a line


@dataclass(frozen=True)
class Style:
    """How a derivation is set.

    `body` is for a document of one's own: without a preamble, each equation with a number and a
    label. With `delta`, gradients are called so. `numbers` are those of a worked example.
    """

    body: bool = False
    delta: bool = False
    numbers: Numbers | None = None


def to_latex_document(derivation: Derivation, style: Style = Style()) -> str:
    """Return the derivation as a document of its own, or as the body of one."""
    lines = list(map(prose, filter(None, [derivation.about, *derivation.remarks])))
    if style.delta:
        lines.append(r"$\delta_x$ is $\partial L/\partial x$, for any $x$.")
    writer = _Writer(style)
    lines += writer.given()
    for chapter in derivation.chapters:
        lines += [rf"\section*{{{prose(chapter.title)}}}", *map(prose, chapter.remarks)]
        for part in chapter.parts:
            lines += writer.part(part)
    if style.body:
        return _BODY_BEGINS + "\n" + "\n\n".join(lines) + _BODY_ENDS
    return document(derivation.name, lines)


def document(title: str, paragraphs: list[str]) -> str:
    """Return a document of paragraphs that are LaTeX already; the title is a single word."""
    heading = rf"{{\LARGE\bfseries\fit{{\text{{{prose(title)}}}}}\par}}"
    body = "\n\n".join([heading, *paragraphs])
    return f"{_PREAMBLE}\n\\begin{{document}}\n\n{body}\n\n\\end{{document}}\n"


def displayed(latex: str) -> str:
    """Return an equation on a line of its own, no wider than the page."""
    roomy = latex.replace(r" \\ ", r" \\[1ex] ")
    return rf"\fit{{{roomy}}}"


class _Writer:
    """Writes the parts of one derivation."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._labels: dict[str, int] = {}

    def given(self) -> Iterator[str]:
        """Yield the numbers that a worked example begins with."""
        numbers, delta = self._style.numbers, self._style.delta
        if numbers is None:
            return
        yield r"\section*{What is given}"
        for tensor in numbers.given:
            name = inline_name(tensor.title, delta=delta)
            yield rf"{name} {prose(f'({tensor.about}) of {tensor.layer}')}\nopagebreak"
            yield matrices(tensor, numbers, delta=delta)

    def part(self, part: Part) -> Iterator[str]:
        yield rf"\subsection*{{{prose(part.title)}}}"
        yield from map(prose, part.remarks)
        # What is said of a layer stays with its first equation.
        yield r"\nopagebreak"
        for equation in part.equations:
            yield self._equation(equation)
            if self._style.numbers:
                shown = matrices(equation.target, self._style.numbers, delta=self._style.delta)
                yield rf"{{\leftskip=5mm\advance\linewidth-5mm {shown}\par}}"

    def _equation(self, equation: Equation) -> str:
        """Return an equation with its sizes, which are never alone on the next page."""
        small = sizes(equation, lambda name: inline_name(name, delta=self._style.delta), prose)
        lines = [*self._steps(equation), rf"{{\small {small}\par}}"]
        lines += [prose(equation.math.why)] * bool(equation.math.why)
        body = "\n\n".join(lines)
        return (
            rf"\medskip\hspace*{{5mm}}\begin{{minipage}}{{\dimexpr\linewidth-5mm}}"
            rf"\setlength{{\parskip}}{{3pt}}\raggedright"
            f"\n{body}\n\\end{{minipage}}"
        )

    def _steps(self, equation: Equation) -> list[str]:
        """Return the equation after what the chain rule makes of it, where it is a gradient."""
        delta, chain = self._style.delta, chain_of(equation)
        steps = [to_latex(chain, delta=delta)] * bool(chain)
        steps = [displayed(one) for one in (*steps, latex_of(equation.math, delta=delta))]
        if not self._style.body:
            return steps
        *before, last = steps
        room = rf"\dimexpr\linewidth-{_NUMBER_OF_AN_EQUATION}"
        last = rf"\begin{{minipage}}{{{room}}}{last}\end{{minipage}}"
        label = self._label(equation.target.name)
        numbered = rf"\begin{{equation}}\label{{{label}}}{last}\end{{equation}}"
        return ["\n\n".join([*before, numbered])]

    def _label(self, name: str) -> str:
        """Return what to refer to an equation by: `eq:conv1-dL-dw`; no two are alike."""
        label = "eq:" + re.sub(r"[^A-Za-z0-9]+", "-", name)
        self._labels[label] = used = self._labels.get(label, 0) + 1
        return label if used == 1 else f"{label}-{used}"
