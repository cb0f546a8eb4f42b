"""An explanation as a LaTeX document that compiles as it is."""

from __future__ import annotations

from xlbackprop.derivation.latex import displayed, document
from xlbackprop.explainer.explanation import Explanation, number_text
from xlbackprop.notation import prose, to_latex


def to_latex_document(explanation: Explanation) -> str:
    """Return the explanation as a document: in symbols, with indices, cells and numbers."""
    one = explanation
    lines = [prose(f"{one.place}: {one.about} ({one.kind}).")]
    if not one.terms:
        return document(one.entry, [*lines, prose(one.answer)])
    lines += [displayed(one.latex), *([displayed(to_latex(one.here))] if one.here else [])]
    lines += [prose(one.why)] * bool(one.why)
    lines += [
        _flowing(to_latex(f"{one.name} = {one.with_indices}")),
        rf"{{\small {prose(f'{one.cell or one.entry} = {one.with_cells}')}\par}}",
        _flowing(to_latex(f"{one.name} = {one.with_numbers}")),
        _flowing(to_latex(f"{one.name} = {_number(one.value)}")),
        prose(one.answer),
    ]
    return document(one.entry, lines)


def _flowing(latex: str) -> str:
    """Return an equation that goes on in the next line where one line is too short for it."""
    return rf"${latex}$"


def _number(value: float | None) -> str:
    return "?" if value is None else number_text(value)
