"""Formulas drawn by a grammar, over cells that hold all kinds of things."""

import random

# What the cells of the page hold that the formulas refer to; a text that begins with = is one.
CELLS = {
    "A1": 1, "B1": -2.5, "C1": 0, "D1": 3,
    "A2": 0.5, "B2": 4, "C2": 7, "D2": -1,
    "A3": 2, "B3": "word", "C3": "5", "D3": True,
    "A4": 0.1, "B4": 0.2, "C4": 0.3, "D4": False,
    "A5": "=1/0", "B5": "=NA()", "C5": "=A1>0", "D5": '="made"',
    # Row 6 is blank.
    "A7": 1e-9, "B7": 1e12, "C7": -0.3, "D7": 2,
}  # fmt: skip

NUMBERS = ("0", "1", "2", "3", "0.5", "2.5", "10", "1E-3", "0.1", "100")
# How likely a cell is one that holds a number.
_MOSTLY_NUMBERS = 0.85
_NUMERIC = [
    name
    for name, value in CELLS.items()
    if isinstance(value, int | float) and value is not True and value is not False
]
_OTHERS = [name for name in CELLS if name not in _NUMERIC] + ["A6", "C6"]
_RANGES = ("A1:B2", "A1:D1", "C1:D2", "A1:A4", "B1:B2", "C7:D7", "A2:D2")
_ODD_RANGES = ("A1:D4", "C2:D4", "A6:B6", "A5:B5", "A3:D3", "A6:B7", "C4:D5", "B3:B4")
_ONE = (
    "ABS", "SIGN", "EXP", "LN", "LOG10", "SQRT", "TANH", "INT", "N", "SIN", "COS", "SINH", "COSH",
    "NORMSDIST",
)  # fmt: skip
_TWO = ("POWER", "ROUND", "MOD", "LOG")
_MANY = (
    "SUM", "SUMSQ", "MAX", "MIN", "AVERAGE", "COUNT", "_xlfn.VAR.P", "_xlfn.VAR.S",
    "_xlfn.STDEV.P", "VAR", "STDEVP", "VARP", "STDEV", "_xlfn.STDEV.S",
)  # fmt: skip
_CONSTANTS = ("PI()", "NA()", "TRUE()", "FALSE()", "TRUE", "FALSE")
_SIGNS = ("+", "-", "*", "/", "+", "-", "*", "^")
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")


# The same page for a program to which TRUE is the number 1.
CELLS_WITHOUT_BOOLEANS = CELLS | {"D3": -4, "D4": 0.25, "C5": "=A1+D1"}


class Grammar:
    """Draws formulas; the same ones for the same seed."""

    def __init__(self, seed, *, booleans=True):
        self._random = random.Random(seed)
        self._booleans = booleans

    def formula(self):
        """Return a formula without its equals sign."""
        draw = self._random
        if draw.random() < 0.04:
            left = draw.choice((self.leaf(), '"a"', '"5"', "TRUE" if self._booleans else "1", '""'))
            return f"{left}{draw.choice(('&', '=', '+', '<>'))}{self.leaf()}"
        return self.scalar(3)

    def scalar(self, depth):
        """Return an expression for a single value."""
        draw = self._random
        if depth == 0:
            return self.leaf()
        kind = draw.choices(
            ("leaf", "operation", "sign", "one", "two", "many", "product", "if", "condition",
             "lookup", "percent", "size"),
            (2, 8, 1, 4, 1, 4, 4, 3, 1.5, 1.5, 0.4, 0.4),
        )[0]  # fmt: skip
        return getattr(self, f"_{kind}")(depth - 1) if kind != "leaf" else self.leaf()

    def leaf(self):
        draw = self._random
        if draw.random() < 0.02:
            return draw.choice(_CONSTANTS if self._booleans else _CONSTANTS[:2])
        return draw.choice(NUMBERS) if draw.random() < 0.35 else self.cell()

    def cell(self):
        draw = self._random
        name = draw.choice(_NUMERIC if draw.random() < _MOSTLY_NUMBERS else _OTHERS)
        return draw.choice((name, name, f"${name[0]}${name[1:]}"))

    def range(self):
        draw = self._random
        return draw.choice(_RANGES if draw.random() < _MOSTLY_NUMBERS else _ODD_RANGES)

    def _operation(self, depth):
        left, right = self.scalar(depth), self.scalar(depth)
        return f"({left}){self._random.choice(_SIGNS)}({right})"

    def _sign(self, depth):
        return f"-{self._closed(depth)}"

    def _percent(self, depth):  # noqa: ARG002
        return f"{self.cell()}%"

    def _closed(self, depth):
        return f"({self.scalar(depth)})"

    def _one(self, depth):
        return f"{self._random.choice(_ONE)}({self.scalar(depth)})"

    def _two(self, depth):
        return f"{self._random.choice(_TWO)}({self.scalar(depth)},{self.scalar(0)})"

    def _many(self, depth):
        number = self._random.randint(1, 3)
        arguments = [
            self.range() if self._random.random() < 0.6 else self.scalar(depth)
            for _ in range(number)
        ]
        return f"{self._random.choice(_MANY)}({','.join(arguments)})"

    def _product(self, depth):  # noqa: ARG002
        draw = self._random
        shape = draw.choice(
            (("A1:B2", "C1:D2", "A2:B3", "C6:D7", "C3:D4"), ("A1:A4", "B1:B4", "D1:D4"))
        )
        parts = [draw.choice(shape) for _ in range(draw.randint(1, 3))]
        if draw.random() < 0.4:
            parts[0] = f"{parts[0]}{draw.choice('+-*')}{self.cell()}"
        if draw.random() < 0.15:
            parts[0] = f"({parts[0]}{draw.choice(_COMPARISONS)}{self.cell()})*1"
        if draw.random() < 0.1 and len(parts) == 2:
            return f"SUMXMY2({parts[0]},{parts[1]})"
        return f"SUMPRODUCT({','.join(parts)})"

    def _if(self, depth):
        draw = self._random
        if draw.random() < 0.15:
            return f"IFERROR({self.scalar(depth)},{self.scalar(0)})"
        if draw.random() < 0.15:
            return f"CHOOSE({draw.randint(0, 3)},{self.scalar(depth)},{self.scalar(0)})"
        branches = [self.scalar(depth), self.scalar(0)]
        if draw.random() < 0.1:
            branches[draw.randint(0, 1)] = ""
        return f"IF({self.condition(depth)},{','.join(branches)})"

    def condition(self, depth):
        draw = self._random
        kind = draw.random()
        if kind < 0.15:
            return f"{draw.choice(('AND', 'OR'))}({self.condition(0)},{self.condition(0)})"
        if kind < 0.2:
            return f"{draw.choice(('AND', 'OR'))}({self.range()})"
        if kind < 0.25:
            return f"NOT({self.condition(0)})"
        if kind < 0.3:
            return self.scalar(0)
        return f"{self.scalar(depth)}{draw.choice(_COMPARISONS)}{self.scalar(0)}"

    def _condition(self, depth):
        condition = self.condition(depth)
        return condition if self._booleans else f"IF({condition},1,2)"

    def _lookup(self, depth):  # noqa: ARG002
        draw = self._random
        if draw.random() < 0.2:
            whole = draw.choice(("MMULT(A1:B2,C1:D2)", f"TRANSPOSE({self.range()})"))
            return f"INDEX({whole},{draw.randint(1, 2)},{draw.randint(1, 2)})"
        row, column = draw.randint(0, 3), draw.choice((1, 2, 1.9))
        return f"INDEX({self.range()},{row},{column})"

    def _size(self, depth):  # noqa: ARG002
        return self._random.choice(
            (f"ROWS({self.range()})", f"COLUMNS({self.range()})", "ROW()", "COLUMN()")
        )
