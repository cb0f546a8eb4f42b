"""Equations as MathML, which browsers draw without any help."""

from __future__ import annotations

from functools import lru_cache
from xml.etree import ElementTree

from latex2mathml.converter import convert

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_ELEMENTS = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup",
    "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle",
}  # fmt: skip
_ATTRIBUTES = {
    "display", "displaystyle", "mathvariant", "stretchy", "fence", "form", "separator", "lspace",
    "rspace", "width", "columnalign", "minsize", "maxsize", "scriptlevel", "movablelimits",
}  # fmt: skip


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    """Return an equation in LaTeX as one `<math>` element, safe to put into a page.

    Nothing but MathML's own elements and harmless attributes comes through: no link, no style,
    no script, whatever the text was.
    """
    root = ElementTree.fromstring(convert(latex, display="block"))  # noqa: S314  (made here)
    for element in root.iter():
        name = element.tag.removeprefix(f"{{{_NAMESPACE}}}")
        element.tag = name if name in _ELEMENTS else "mrow"
        for attribute in set(element.attrib) - _ATTRIBUTES:
            del element.attrib[attribute]
    return ElementTree.tostring(_upright_words(root), encoding="unicode")


def _upright_words(root: ElementTree.Element) -> ElementTree.Element:
    """Join upright letters that stand side by side: they are one name, not a product."""
    for parent in root.iter():
        before: ElementTree.Element | None = None
        for child in list(parent):
            is_letter = child.tag == "mi" and child.get("mathvariant") == "normal"
            if is_letter and before is not None:
                before.text = f"{before.text or ''}{child.text or ''}"
                del before.attrib["mathvariant"]  # more than one letter is upright anyhow
                parent.remove(child)
                before.set("mathvariant", "normal")
            else:
                before = child if is_letter else None
    return root
