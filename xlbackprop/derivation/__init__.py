"""The whole derivation of a network, as text, LaTeX, Markdown or a web page."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.derivation.derive import Chapter, Derivation, Part, derive
from xlbackprop.derivation.html import to_html
from xlbackprop.derivation.latex import to_latex_document
from xlbackprop.derivation.text import to_markdown, to_text
from xlbackprop.network import build_network
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import load_spec

__all__ = ["FORMS", "Chapter", "Derivation", "Part", "derive", "equations"]

FORMS = {"text": to_text, "latex": to_latex_document, "markdown": to_markdown, "html": to_html}


def equations(spec: Spec | str | Path, form: str = "text") -> str:
    """Return the whole derivation of a network, forward and backward, losses and updates.

    `spec` is a Spec, a template's name or a path; `form` is "text", "latex" (a document that
    compiles as it is), "markdown" or "html" (one self-contained page).

    Raises SpecError where the network cannot be built.
    """
    network = build_network(spec if isinstance(spec, Spec) else load_spec(spec))
    return FORMS[form](derive(network))
