"""A derivation as one self-contained HTML page: MathML, no script, nothing fetched."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from xlbackprop.derivation.derive import Derivation, Part
from xlbackprop.derivation.text import sizes
from xlbackprop.equation import Equation
from xlbackprop.notation import chain_of, to_mathml

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 48rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid currentColor; }
figure { margin: 1.25rem 0; overflow-x: auto; }
math { font-size: 1.15rem; margin: 0; text-align: left; }
math[display="block"] { display: block math; }
figcaption { font-size: 0.875rem; margin-top: 0.375rem; }
.sizes { opacity: 0.8; }
.chain { font-style: italic; margin: 0 0 0.375rem; }
@media print { figure { break-inside: avoid; overflow: visible; } }
"""
STYLE_HASH = f"sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def to_html(derivation: Derivation) -> str:
    """Return the derivation as a page."""
    parts = [_heading(1, derivation.name), *_paragraphs([derivation.about, *derivation.remarks])]
    for chapter in derivation.chapters:
        parts += [_heading(2, chapter.title), *_paragraphs(chapter.remarks)]
        for part in chapter.parts:
            parts += _part(part)
    return page(derivation.name, "\n".join(parts))


def page(title: str, body: str) -> str:
    """Return a page around a body that is HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _heading(level: int, text: str) -> str:
    return f"<h{level}>{escape(text)}</h{level}>"


def _paragraphs(texts: tuple[str, ...] | list[str]) -> list[str]:
    return [f"<p>{escape(text)}</p>" for text in texts if text]


def _part(part: Part) -> list[str]:
    heading = [_heading(3, part.title), *_paragraphs(part.remarks)]
    return [*heading, *map(_equation, part.equations)]


def _equation(equation: Equation) -> str:
    chain = f'<p class="chain">{escape(chain_of(equation))}</p>\n' if chain_of(equation) else ""
    why = f"<br>{escape(equation.math.why)}" if equation.math.why else ""
    return (
        f"<figure>{chain}{to_mathml(equation.math.full or equation.math.text)}\n"
        f'<figcaption><span class="sizes">{escape(sizes(equation))}</span>{why}</figcaption>'
        "</figure>"
    )
