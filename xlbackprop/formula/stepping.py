"""Whole numbers that go on from cell to cell, for all cells of a block at once."""

from __future__ import annotations

from typing import NoReturn


class NotTraced(Exception):  # noqa: N818  (no mistake: the formula is another in each cell)
    """The formula asks for more of an index than how far it goes."""


def _refuse(*_: object) -> NoReturn:
    raise NotTraced


class Steps:
    """A whole number that goes on by so much with each row and each column of a block.

    A build makes tens of thousands: hence no dataclass.
    """

    __slots__ = ("along", "down", "start")

    def __init__(self, start: int, down: int = 0, along: int = 0) -> None:
        self.start, self.down, self.along = start, down, along

    def __add__(self, other: Steps | int) -> Steps:
        """Return the sum."""
        if not isinstance(other, Steps):
            return Steps(self.start + other, self.down, self.along)
        return Steps(self.start + other.start, self.down + other.down, self.along + other.along)

    def __mul__(self, factor: int) -> Steps:
        """Return the product with a whole number."""
        if type(factor) is not int:
            raise NotTraced
        return Steps(self.start * factor, self.down * factor, self.along * factor)

    def __neg__(self) -> Steps:
        """Return the negative."""
        return self * -1

    def __sub__(self, other: Steps | int) -> Steps:
        """Return the difference."""
        return self + -other

    def __rsub__(self, other: int) -> Steps:
        """Return the difference."""
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def divided(self, by: int, size: tuple[int, int]) -> tuple[Steps, Steps]:
        """Return quotient and remainder in all cells of a block of so many rows and columns.

        Raises NotTraced where they do not go on by the same from cell to cell.
        """
        numbers = (self.start, self.down, self.along)
        quotient = Steps(*(one // by for one in numbers))
        remainder = Steps(*(one % by for one in numbers))
        if remainder.at(size[0] - 1, size[1] - 1) >= by:
            raise NotTraced
        return quotient, remainder

    def at(self, row: int, column: int) -> int:
        """Return the number in one cell of the block."""
        return self.start + self.down * row + self.along * column

    __bool__ = __index__ = __int__ = __float__ = __hash__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __str__ = __repr__ = __format__ = __iter__ = __getitem__ = _refuse
    __floordiv__ = __truediv__ = __mod__ = __divmod__ = __pow__ = __abs__ = _refuse
    __rfloordiv__ = __rtruediv__ = __rmod__ = __rpow__ = __round__ = _refuse
