"""An equation's line of text, as the page has it, made into LaTeX and MathML.

One line of text is the only source of an equation's notation, so print and page name the same
tensors. The text is mathematics with a few words in it:

    out[k,i,j] = Σ(c,a,b) h[c,i+a,j+b] · w[k,c,a,b] + b[k]
    dL/dh[j] = dL/dout[j] where h[j] > 0, otherwise 0

Indices become subscripts, `dL/dw` a partial derivative, a division a fraction, `where …, otherwise
…` two cases; the words in `WORDS` are words, all others the names of tensors.
"""

from functools import lru_cache

from xlbackprop.equation import Equation, Math
from xlbackprop.notation.mathml import to_mathml
from xlbackprop.notation.names import inline_name, name_to_latex
from xlbackprop.notation.prose import prose
from xlbackprop.notation.reader import WORDS, read

__all__ = [
    "WORDS",
    "chain_of",
    "inline_name",
    "latex_of",
    "name_to_latex",
    "prose",
    "to_latex",
    "to_mathml",
]


def latex_of(math: Math, *, delta: bool = False) -> str:
    """Return an equation in LaTeX, for mathematics mode, with all its indices."""
    return to_latex(math.full or math.text, delta=delta)


def chain_of(equation: Equation) -> str:
    """Return the line of the chain rule that comes before a gradient's equation; of others ""."""
    chain = equation.math.chain
    return f"{equation.target.title} = {chain}" if chain else ""


@lru_cache(maxsize=4096)
def to_latex(text: str, *, delta: bool = False) -> str:
    """Return an equation's line as LaTeX for mathematics mode, gradients as deltas if told so.

    A line that is not understood is set as a sentence.
    """
    try:
        return read(text, delta=delta)
    except ValueError:
        return rf"\text{{{prose(text)}}}"
