"""A derivation as a LaTeX document that compiles as it is, with pdflatex or tectonic."""

from __future__ import annotations

from xlbackprop.derivation.derive import Derivation, Part
from xlbackprop.derivation.text import sizes
from xlbackprop.equation import Equation
from xlbackprop.notation import chain_of, inline_name, latex_of, prose, to_latex

# An equation that is wider than the page is made smaller, whatever names are in it.
_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern,amsmath,graphicx}
\usepackage[a4paper,margin=22mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\raggedright
\newsavebox{\wide}
\newcommand{\fit}[1]{\sbox{\wide}{$\displaystyle #1$}%
  \ifdim\wd\wide>\linewidth\resizebox{\linewidth}{!}{\usebox{\wide}}\else\usebox{\wide}\fi}
"""


def to_latex_document(derivation: Derivation) -> str:
    """Return the derivation as a document of its own."""
    lines = list(map(prose, filter(None, [derivation.about, *derivation.remarks])))
    for chapter in derivation.chapters:
        lines += [rf"\section*{{{prose(chapter.title)}}}", *map(prose, chapter.remarks)]
        for part in chapter.parts:
            lines += _part(part)
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


def _part(part: Part) -> list[str]:
    heading = [rf"\subsection*{{{prose(part.title)}}}", *map(prose, part.remarks)]
    # What is said of a layer stays with its first equation.
    return [*heading, r"\nopagebreak", *map(_equation, part.equations)]


def _equation(equation: Equation) -> str:
    """Return an equation with its sizes, which are never alone on the next page."""
    small = sizes(equation, inline_name, prose)
    steps = [to_latex(chain_of(equation))] * bool(chain_of(equation))
    steps.append(latex_of(equation.math))
    lines = [*map(displayed, steps), rf"{{\small {small}\par}}"]
    lines += [prose(equation.math.why)] * bool(equation.math.why)
    body = "\n\n".join(lines)
    return (
        rf"\medskip\hspace*{{5mm}}\begin{{minipage}}{{\dimexpr\linewidth-5mm}}"
        rf"\setlength{{\parskip}}{{3pt}}\raggedright"
        f"\n{body}\n\\end{{minipage}}"
    )
