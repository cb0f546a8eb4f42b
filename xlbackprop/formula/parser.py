"""A formula's text to its tree, by precedence climbing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from xlbackprop.formula.addresses import Address, plain_sheet
from xlbackprop.formula.tokens import SLOT, Token, split, tokens
from xlbackprop.formula.tree import (
    PRECEDENCE,
    Boolean,
    Call,
    Constants,
    ErrorValue,
    Expression,
    Missing,
    Name,
    Negative,
    Number,
    Operation,
    Percent,
    Reference,
    Text,
    depth,
)

# Excel allows 64 functions within one another.
MOST_NESTED = 64
# Of a sum of so many terms each stands within the next.
MOST_DEEP = 400

_PREFIXES = ("_XLFN.", "_XLWS.", "_XLUDF.")
_BOOLEANS = {"TRUE": True, "FALSE": False}
_REFERENCES = ("reference", "name", "structured")
_END = Token("end", "", 0)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula's tree, and where its slots refer to."""

    tree: Expression
    references: tuple[Address, ...]


def read_formula(text: str) -> Formula:
    """Return a formula without its equals sign as a tree. Raises ValueError where it is none."""
    skeleton, references = split(text)
    return Formula(parse(skeleton), references)


@lru_cache(maxsize=4096)
def parse(skeleton: str) -> Expression:
    """Return the tree of a formula whose references have been replaced by SLOT.

    Raises ValueError, with the position, where it is none, and where it is too deep.
    """
    tree = _Parser(skeleton).whole()
    if depth(tree) > MOST_DEEP:
        raise ValueError(f"more than {MOST_DEEP} operations within one another")
    return tree


class _Parser:
    """Reads one formula from left to right."""

    def __init__(self, formula: str) -> None:
        self._formula = formula
        self._tokens = _with_intersections(tokens(formula))
        self._slots = self._nested = 0
        self._next = next(self._tokens, _END)

    def whole(self) -> Expression:
        expression = self._operations(1)
        if self._next is not _END:
            raise self._error(self._next)
        return expression

    def _advance(self) -> Token:
        """Go on to the next piece, and return the one before."""
        before, self._next = self._next, next(self._tokens, _END)
        return before

    def _is(self, sign: str) -> bool:
        return self._next.kind == "sign" and self._next.text == sign

    def _takes(self, sign: str) -> bool:
        """Return whether a sign is next, and go past it."""
        is_next = self._is(sign)
        if is_next:
            self._advance()
        return is_next

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._error(self._next)

    def _error(self, token: Token) -> ValueError:
        if token is _END:
            return ValueError("something is missing at its end")
        shown = self._formula[token.position : token.position + 20].replace(SLOT, "A1")
        return ValueError(f"not understood at {token.position}: {shown}")

    def _operations(self, least: int) -> Expression:
        left = self._operand()
        while self._next.kind == "sign" and PRECEDENCE.get(self._next.text, 0) >= least:
            operator = self._advance().text
            left = Operation(operator, left, self._operations(PRECEDENCE[operator] + 1))
        return left

    def _operand(self) -> Expression:
        """Read what signs and percent signs bind to, with them."""
        signs = 0
        while self._is("-") or self._is("+"):
            signs += self._advance().text == "-"
        operand = self._intersection()
        while self._takes("%"):
            operand = Percent(operand)
        for _ in range(signs):  # two of them make a number of TRUE
            operand = Negative(operand)
        return operand

    def _intersection(self) -> Expression:
        left = self._range()
        while self._takes(" "):
            left = Operation(" ", left, self._range())
        return left

    def _range(self) -> Expression:
        left = self._single()
        while self._takes(":"):
            left = Operation(":", left, self._single())
        return left

    def _single(self) -> Expression:
        token = self._advance()
        match token.kind, token.text:
            case "reference", text if text == SLOT:
                self._slots += 1
                return Reference(self._slots - 1)
            case "call", text:
                return Call(_plain(text), self._nest(self._arguments))
            case "sign", "(":
                return self._nest(self._union)
            case "sign", "{":
                return self._constants()
        return self._leaf(token)

    def _leaf(self, token: Token) -> Expression:
        text = token.text
        match token.kind:
            case "number":
                return Number(float(text), text)
            case "text":
                return Text(text[1:-1].replace('""', '"'))
            case "error":
                return ErrorValue("#" + text.rpartition("#")[2].upper())
            case "name" | "structured" | "reference":  # a cell beyond the sheet is a name
                if text.upper() in _BOOLEANS:
                    return Boolean(_BOOLEANS[text.upper()])
                sheet, _, name = text.rpartition("!")
                return Name(name, plain_sheet(sheet))
        raise self._error(token)

    def _nest(self, read: Callable[[], T]) -> T:
        """Return what is read up to a closing parenthesis."""
        self._nested += 1
        if self._nested > MOST_NESTED:
            raise ValueError(f"more than {MOST_NESTED} parentheses within one another")
        inner = read()
        self._expect(")")
        self._nested -= 1
        return inner

    def _arguments(self) -> tuple[Expression, ...]:
        if self._is(")"):
            return ()
        arguments = [self._argument()]
        while self._takes(","):
            arguments.append(self._argument())
        return tuple(arguments)

    def _argument(self) -> Expression:
        return Missing() if self._is(",") or self._is(")") else self._operations(1)

    def _union(self) -> Expression:
        inner = self._operations(1)
        while self._takes(","):
            inner = Operation(",", inner, self._operations(1))
        return inner

    def _constants(self) -> Expression:
        rows = [[self._constant()]]
        while not self._takes("}"):
            if self._takes(";"):
                rows.append([])
            else:
                self._expect(",")
            rows[-1].append(self._constant())
        if len({len(row) for row in rows}) > 1:
            raise ValueError("the rows of an array have different lengths")
        return Constants(tuple(map(tuple, rows)))

    def _constant(self) -> Expression:
        negative = self._takes("-")
        token = self._advance()
        constant = self._leaf(token)
        if isinstance(constant, Number) and negative:
            return Number(-constant.value, f"-{constant.text}")
        if negative or isinstance(constant, Name):
            raise self._error(token)
        return constant


def _plain(function: str) -> str:
    """Return a function's name in capitals, without what marks it as newer than the format."""
    name = function.upper()
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _with_intersections(found: Iterator[Token]) -> Iterator[Token]:
    """Yield the pieces without spaces, but for those that stand between two references."""
    before, space = _END, None
    for token in found:
        if token.kind == "space":
            space = token
            continue
        if space and _may_end(before) and _may_begin(token):
            yield Token("sign", " ", space.position)
        yield token
        before, space = token, None


def _may_end(token: Token) -> bool:
    return token.kind in _REFERENCES or (token.kind == "sign" and token.text == ")")


def _may_begin(token: Token) -> bool:
    return token.kind in (*_REFERENCES, "call") or (token.kind == "sign" and token.text == "(")
