"""Reads an equation's line from left to right, and writes it in LaTeX as it goes."""

from __future__ import annotations

import re
from functools import partial

from xlbackprop.formula.functions import BY_WORD
from xlbackprop.notation.fractions import HALF, bare, enclosed, fraction, number
from xlbackprop.notation.names import name_to_latex
from xlbackprop.notation.symbols import GREEK, LONE, PRODUCTS, RELATIONS

WORDS = frozenset(
    {"at", "c’s", "elsewhere", "first", "from", "group", "in", "is", "k’s", "least", "of"}
    | {"otherwise", "step", "terms", "the", "then", "where", "zero"}
)
# Functions that may stand before what they are taken over: `max(a,b) h[a,b]`.
_EXTREMES = ("MAX", "MIN")
_SIGNS = {"·": r"\,", "…": r" \ldots ", ":": r":\ "}
_SIGNS |= {sign: f" {latex} " for sign, latex in RELATIONS.items()}
_ALONE = {"½": HALF, **LONE}
_POWERS = {"²": "2", "³": "3"}
# A name with its layer above it takes no exponent beside that.
_HAS_EXPONENT = re.compile(r"(?:\w|\\mathrm\{[^{}]*\}|\\[a-z]+)\^")
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>\d+(?:\.\d+)?(?:E[+-]?\d+)?)"
    r"|(?P<name>dL/d[A-Za-z0-9_]+|∂[^\s/]+/∂[^\s/·]+|(?:[A-Za-z][A-Za-z0-9_]*\.)*[A-Za-z][A-Za-z0-9_₀]*(?:’s)?"
    rf"|[{''.join(GREEK)}](?:_[A-Za-z0-9]+)?)"
    r"|(?P<sign><>|<=|>=|.)"
)


def read(text: str, *, delta: bool = False) -> str:
    """Return the line in LaTeX, gradients as deltas if told so.

    Raises ValueError where it is not understood.
    """
    return _Reader(text, delta=delta).whole()


class _Reader:
    """Reads one line from left to right."""

    def __init__(self, text: str, *, delta: bool) -> None:
        self.name = partial(name_to_latex, delta=delta)
        self.tokens = [
            (match.lastgroup, match[0]) for match in _TOKEN.finditer(text) if match[0].strip()
        ]
        self.tokens.append(("end", ""))
        self.position = 0
        self.is_within_bars = False

    @property
    def text(self) -> str:
        return self.tokens[self.position][1]

    @property
    def kind(self) -> str | None:
        return self.tokens[self.position][0]

    def take(self, text: str = "") -> str:
        taken = self.text
        if text and taken != text:
            raise ValueError(f"{text!r} was expected, not {taken!r}")
        self.position += 1
        return taken

    def whole(self) -> str:
        left = self.statement()
        if self.text != "where":
            return left + self.remarks()
        name, _, value = left.partition(" = ")
        rows = [self.case(value)]
        while self.text == ",":
            self.take()
            otherwise = self.words().removesuffix(r"\ ")
            value = self.statement()
            rows.append(f"{value} & {otherwise}" if otherwise else self.case(value))
        # Fractions would be small in the rows, where nothing has to be saved.
        cases = r" \\ ".join(rows).replace(r"\frac", r"\dfrac")
        return rf"{name} = \begin{{cases}} {cases} \end{{cases}}"

    def case(self, value: str) -> str:
        return f"{value} & {self.words()}{self.statement()}"

    def remarks(self) -> str:
        """Read what follows after commas: `, zero elsewhere`."""
        parts = []
        while self.kind != "end":
            self.take(",")
            parts.append(r",\quad " + self.statement().removeprefix(r"\ "))
        return "".join(parts)

    def statement(self) -> str:
        """Read expressions with signs of comparison and words between them, up to a comma."""
        parts = [self.expression()]
        while self.text not in (",", ")", "]", "where", "") and not self.at_closing_bar():
            if self.text in _SIGNS:
                parts.append(_SIGNS[self.take()])
            elif self.text in WORDS:
                parts.append(self.words())
            else:
                parts.append(self.expression())
        return "".join(parts)

    def words(self) -> str:
        words = []
        while self.text in WORDS:
            words.append(self.take().replace("’", "'"))
        if not words:
            return ""
        return rf"\ \text{{{' '.join(words)}}}" + r"\ " * (self.text not in (",", ""))

    def expression(self) -> str:
        """Read a sum or a difference."""
        parts = [self.term()]
        while self.text in ("+", "-"):
            parts.append(f" {self.take()} ")
            parts.append(self.term())
        return "".join(parts)

    def term(self) -> str:
        """Read a product; what stands before a division is its numerator."""
        product, denominators = [self.factor()], []
        while True:
            if self.text == "/":
                self.take()
                denominators.append(self.factor())
            elif self.text == "·":
                self.take()
                product.append(self.factor())
            elif self.text in PRODUCTS:
                product[-1] += f" {PRODUCTS[self.take()]} {self.factor()}"
            elif self.kind in ("number", "name") and self.text not in WORDS:
                product.append(self.factor())  # side by side: ½ h, 2i
            elif self.text in ("(", "√", "Σ"):
                product.append(self.factor())
            else:
                break
        return fraction(product, denominators)

    def factor(self) -> str:
        base = self.base()
        while self.text in _POWERS or self.text == "^":
            power = _POWERS[self.take()] if self.text in _POWERS else self.power()
            is_more = base.startswith(r"\frac") or _HAS_EXPONENT.match(base)
            base = (enclosed(base) if is_more else base) + f"^{{{power}}}"
        return base

    def power(self) -> str:
        self.take("^")
        return bare(self.factor())

    def base(self) -> str:
        if self.kind == "number":
            return number(self.take())
        if self.text in WORDS:
            return self.words()
        if self.kind == "name":
            return self.named()
        if self.text in _ALONE:
            return _ALONE[self.take()]
        return self.magnitude() if self.text == "|" else self.signed(self.take())

    def at_closing_bar(self) -> bool:
        return self.text == "|" and self.is_within_bars

    def magnitude(self) -> str:
        self.take("|")
        self.is_within_bars = True
        inside = self.inside("|")
        self.is_within_bars = False
        return BY_WORD["|"].typeset(inside, enclosed(inside))

    def signed(self, sign: str) -> str:
        """Read what a sign stands before."""
        match sign:
            case "-":
                return f"-{self.term()}"
            case "√":
                return rf"\sqrt{{{bare(self.factor())}}}"
            case "Σ":
                return rf"\sum_{{{self.bound()}}}"
            case "(":
                return enclosed(self.inside(")"))
            case "[":
                return f"[{self.inside(']')}]"
        raise ValueError(f"{sign!r} was not expected")

    def named(self) -> str:
        name = self.take()
        if self.text == "(" and name in BY_WORD and name != "π":
            return self.call(name)
        if self.text != "[":
            return self.name(name)
        self.take()
        return self.name(name, self.inside("]"))

    def call(self, name: str) -> str:
        """Read a function's arguments, or what a maximum is taken over: `max(a,b) h[a,b]`."""
        row, start = BY_WORD[name], self.position
        if row.name in _EXTREMES:
            over = self.bound()
            if self.kind == "name" and self.text not in WORDS:
                return rf"{row.latex}_{{{over}}}"
        self.position = start + 1
        inside = self.inside(")")
        return row.typeset(inside, enclosed(inside))

    def bound(self) -> str:
        self.take("(")
        return self.inside(")")

    def inside(self, end: str) -> str:
        """Read up to a closing bracket, commas included."""
        parts = [self.statement()]
        while self.text == ",":
            parts.append(self.take())
            parts.append(self.statement())
        self.take(end)
        return "".join(parts)
