"""The whole derivation of a network, as text, LaTeX, Markdown or a web page."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.derivation.derive import Chapter, Derivation, Part, derive
from xlbackprop.derivation.html import to_html
from xlbackprop.derivation.latex import Style, to_latex_document
from xlbackprop.derivation.matrices import Numbers
from xlbackprop.derivation.text import to_markdown, to_text
from xlbackprop.network import build_network
from xlbackprop.network.values import choose_values
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import load_spec

__all__ = ["FORMS", "Chapter", "Derivation", "Part", "derive", "equations"]

FORMS = {"text": to_text, "latex": to_latex_document, "markdown": to_markdown, "html": to_html}


def equations(
    spec: Spec | str | Path,
    form: str = "text",
    *,
    body: bool = False,
    delta: bool = False,
    numbers: bool = False,
) -> str:
    """Return the whole derivation of a network, forward and backward, losses and updates.

    `spec` is a Spec, a template's name or a path; `form` is "text", "latex" (a document that
    compiles as it is), "markdown" or "html" (one self-contained page).

    Of LaTeX, `body` gives what can be put into another document, each equation with a number
    and a label (`eq:conv1-dL-dw`); `delta` calls gradients deltas; `numbers` adds the
    matrices with which `build` would fill the page, but for large ones.

    Raises SpecError where the network cannot be built, and ValueError where another form is asked
    for what only LaTeX has.
    """
    network = build_network(spec if isinstance(spec, Spec) else load_spec(spec))
    if form != "latex":
        if body or delta or numbers:
            raise ValueError(f"body, delta and numbers are for latex, not for {form}")
        return FORMS[form](derive(network))
    example = None
    if numbers:
        values = choose_values(network)
        first = tuple(tensor for tensor in network.inputs if tensor.step == 1)
        example = Numbers({**values, **network.evaluate(values)}, first)
    return to_latex_document(derive(network), Style(body, delta, example))
