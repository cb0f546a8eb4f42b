"""How a cell comes about, term by term."""

from xlbackprop.explainer.explainer import Explainer, explain, explain_in
from xlbackprop.explainer.explanation import Explanation, Term, Upstream
from xlbackprop.explainer.latex import to_latex_document

__all__ = [
    "Explainer",
    "Explanation",
    "Term",
    "Upstream",
    "explain",
    "explain_in",
    "to_latex_document",
]
