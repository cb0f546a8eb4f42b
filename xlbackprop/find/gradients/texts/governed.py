"""Which title governs which rectangles of numbers: that over them, or that of those beside them.

A title stands over the first of several blocks, or to the left of it. What follows to the right or
below, with a caption of its own or none, is under the same title until another one begins.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.find.gradients.texts.reading import is_aside, is_caption, said_by
from xlbackprop.find.gradients.texts.rectangles import Rectangle, rectangles_of

# So many rows above a block its title is looked for, so many of them blank; and columns before it.
_MOST_ROWS, _MOST_BLANK, _MOST_LEFT = 9, 3, 8
# A title may begin so many columns before what it stands over, as over the numbers of rows.
_BEFORE = 2
# So many rows or columns may lie between blocks of one title.
_MOST_APART = 4
# Rectangles of a sheet that anybody gives titles.
_MOST = 20_000

Spot = tuple[int, int]


@dataclass
class Governed:
    """A title, where it stands, and the rectangles under it with their captions."""

    sheet: int
    at: Spot
    text: str
    rectangles: list[Rectangle] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Over:
    """What is said over a rectangle or beside it: its title, if it has one, and a caption."""

    at: Spot | None
    caption: str


def governed(labels: Labels, sheet: int) -> list[Governed]:
    """Return the titles of a sheet with what they govern, in the order in which one reads.

    None where it has too many rectangles.
    """
    every = rectangles_of(labels, sheet)
    return _Sheet(labels, sheet, every).titles() if len(every) <= _MOST else []


def _neighbours(
    every: list[Rectangle], line: Callable[[Rectangle], tuple[int, int]]
) -> tuple[dict[Rectangle, Rectangle], dict[Rectangle, Rectangle]]:
    """Return the rectangle before each in its line, and the one behind it."""
    lines: dict[tuple[int, int], list[Rectangle]] = {}
    for one in every:
        lines.setdefault(line(one), []).append(one)
    pairs = [pair for own in lines.values() for pair in pairwise(own)]
    return {second: first for first, second in pairs}, dict(pairs)


class _Sheet:
    """The rectangles of a sheet, and what is said of each."""

    def __init__(self, labels: Labels, sheet: int, every: list[Rectangle]) -> None:
        self._labels, self._sheet, self._all = labels, sheet, every
        self._over = {one: self._said_over(one) for one in self._all}
        self._of: dict[Rectangle, Spot] = {
            one: over.at for one, over in self._over.items() if over.at is not None
        }
        self._by_row = _neighbours(self._all, lambda one: (one.top, one.bottom))
        self._by_column = _neighbours(self._all, lambda one: (one.left, one.right))

    def titles(self) -> list[Governed]:
        """Return the titles with their rectangles."""
        self._hand_on()
        found: dict[Spot, Governed] = {}
        for one in self._all:
            if at := self._of.get(one):
                text = self._text(*at)
                title = found.setdefault(at, Governed(self._sheet, at, text))
                title.rectangles.append(one)
                title.captions.append(self._over[one].caption)
        return [found[at] for at in sorted(found)]

    def _hand_on(self) -> None:
        """Let the rectangles without a title have that of the nearest ones that are like them."""
        for is_backwards in (False, True):
            left = [one for one in self._all if one not in self._of]
            for one in reversed(left) if is_backwards else left:
                near = sorted(self._near(one, is_backwards=is_backwards))
                if len({title for far, title in near if far == near[0][0]}) == 1:
                    self._of[one] = near[0][1]

    def _near(self, one: Rectangle, *, is_backwards: bool) -> Iterator[tuple[int, Spot]]:
        """Yield how far the titled neighbours are that a rectangle is like, and their title."""
        for line, beside in enumerate((self._by_row, self._by_column)):
            other = beside[is_backwards].get(one, one)
            title = self._of.get(other)
            if title is None or other.size != one.size or self._kind(other) != self._kind(one):
                continue
            first, second = sorted((one, other), key=lambda two: two.top if line else two.left)
            apart = self._apart(first, second, is_below=bool(line))
            if apart <= _MOST_APART and not self._is_parted(
                first, second, title, is_below=bool(line)
            ):
                yield apart, title

    def _kind(self, one: Rectangle) -> bool:
        return bool(self._over[one].caption)

    def _apart(self, first: Rectangle, second: Rectangle, *, is_below: bool) -> int:
        """Return how many rows or columns between two rectangles say nothing."""
        if not is_below:
            return second.left - first.right - 1
        rows = range(first.bottom + 1, min(second.top, first.bottom + 2 + 2 * _MOST_ROWS))
        return sum(not any(self._row(row, first.left, first.right)) for row in rows)

    def _is_parted(
        self, first: Rectangle, second: Rectangle, title: Spot, *, is_below: bool
    ) -> bool:
        """Whether another title begins between two rectangles."""
        if is_below:
            rows = range(first.bottom + 1, second.top)
            columns = range(min(title[1], second.left), second.right + 1)
        else:
            rows = range(min(title[0], second.top), second.top)
            columns = range(first.right + 1, second.right + 1)
        texts = (
            text
            for row in rows
            for column, text in self._row(row, columns[0], columns[-1])
            if (row, column) != title
        )
        return any(
            said_by(text) is not None or not (is_caption(text) or is_aside(text)) for text in texts
        )

    def _said_over(self, one: Rectangle) -> _Over:
        """Return what is said over a rectangle, or to the left of it."""
        over = self._above(one)
        if over.at is not None:
            return over
        return _Over(self._left(one), over.caption)

    def _above(self, one: Rectangle) -> _Over:
        caption, blank, weak = "", 0, None
        for row in range(one.top - 1, max(one.top - 1 - _MOST_ROWS, -1), -1):
            if self._is_filled(row, one.left, one.right):
                break
            own = self._row(row, one.left, one.right)
            if len(own) > 1 and not any(said_by(text) for _, text in own):
                continue  # the columns' headers
            own = own[:1] or self._row(row, one.left - _BEFORE, one.left - 1)[-1:]
            if not own:
                blank += 1
                if blank > _MOST_BLANK or weak:
                    break
                continue
            ((column, text),) = own
            if column < one.left and self._is_of_another(row, column, one):
                continue
            if is_caption(text):
                caption = caption or text
            elif said_by(text) is None and is_aside(text):
                weak = weak or (row, column)
            else:
                return _Over((row, column), caption)
        return _Over(weak, caption)

    def _is_of_another(self, row: int, column: int, one: Rectangle) -> bool:
        """Whether something else stands below a text that begins before a rectangle."""
        tops = self._labels.tops(self._sheet)
        box = self._labels.plane.boxes[self._sheet]
        if column < box.left:
            return False
        own = tops[max(row + 1 - box.top, 0) : one.bottom + 1 - box.top, column - box.left]
        return bool((own >= 0).any()) and not self._is_edge(own[own >= 0][0], column, one)

    def _is_edge(self, top: int, column: int, one: Rectangle) -> bool:
        """Whether what begins in a row of a column are the numbers of the rectangle's own rows."""
        return column == one.left - 1 and one.top <= top <= one.top + 1

    def _left(self, one: Rectangle) -> Spot | None:
        """Return the title to the left of a rectangle, in its first rows or right above these."""
        for column in range(one.left - 1, max(one.left - 1 - _MOST_LEFT, -1), -1):
            if self._is_filled_beside(one, column):
                return None
            texts = self._labels.texts(self._sheet, is_row=False, at=column)
            own = texts[bisect_left(texts, (one.top - 1,)) : bisect_left(texts, (one.bottom + 1,))]
            if len(own) > 1 and not said_by(own[0][1]):
                continue  # the rows' headers
            if own and not is_caption(own[0][1]) and not is_aside(own[0][1]):
                return own[0][0], column
        return None

    def _is_filled_beside(self, one: Rectangle, column: int) -> bool:
        box = self._labels.plane.boxes[self._sheet]
        if column < box.left:
            return False
        own = self._labels.tops(self._sheet)[one.top - box.top : one.bottom + 1 - box.top]
        return bool((own[:, column - box.left] >= 0).any())

    def _row(self, row: int, first: int, last: int) -> list[tuple[int, str]]:
        own = self._labels.texts(self._sheet, is_row=True, at=row)
        return own[bisect_left(own, (first,)) : bisect_left(own, (last + 1,))]

    def _text(self, row: int, column: int) -> str:
        return self._labels.text(self._sheet, row, column)

    def _is_filled(self, row: int, first: int, last: int) -> bool:
        box = self._labels.plane.boxes[self._sheet]
        if not box.top <= row < box.top + box.height:
            return False
        own = self._labels.tops(self._sheet)[row - box.top]
        return bool((own[max(first - box.left, 0) : last + 1 - box.left] >= 0).any())
