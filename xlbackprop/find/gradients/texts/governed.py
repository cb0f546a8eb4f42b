"""Which title governs which rectangles of numbers: that over them, or that of those beside them.

A title stands over the first of several blocks, or to the left of it. What follows to the right or
below, with a caption of its own or none, is under the same title until another one begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.find.gradients.texts.reading import is_aside, is_caption, said_by
from xlbackprop.find.gradients.texts.rectangles import Rectangle, rectangles_of

# So many rows above a block its title is looked for, so many of them blank; and columns before it.
_MOST_ROWS, _MOST_BLANK, _MOST_LEFT = 9, 3, 8
# A title may begin so many columns before what it stands over, as over the numbers of rows.
_BEFORE = 2
# So many rows or columns may lie between blocks of one title.
_MOST_APART = 4

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
    """Return the titles of a sheet with what they govern, in the order in which one reads."""
    return _Sheet(labels, sheet).titles()


class _Sheet:
    """The rectangles of a sheet, and what is said of each."""

    def __init__(self, labels: Labels, sheet: int) -> None:
        self._labels, self._sheet = labels, sheet
        self._all = rectangles_of(labels, sheet)
        self._over = {one: self._said_over(one) for one in self._all}
        self._of: dict[Rectangle, Spot] = {
            one: over.at for one, over in self._over.items() if over.at is not None
        }
        self._by_row: dict[tuple[int, int], list[Rectangle]] = {}
        self._by_column: dict[tuple[int, int], list[Rectangle]] = {}
        for one in self._all:
            self._by_row.setdefault((one.top, one.bottom), []).append(one)
            self._by_column.setdefault((one.left, one.right), []).append(one)

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
        left = [one for one in self._all if one not in self._of]
        for backwards in (False, True):
            for _ in range(len(left) if left else 0):
                before = len(left)
                for one in left:
                    near = sorted(self._near(one, backwards=backwards))
                    if near and (
                        len(near) == 1 or near[0][0] < near[1][0] or near[0][1] == near[1][1]
                    ):
                        self._of[one] = near[0][1]
                left = [one for one in left if one not in self._of]
                if len(left) == before:
                    break

    def _near(self, one: Rectangle, *, backwards: bool) -> Iterator[tuple[int, Spot]]:
        """Yield how far the titled neighbours are that a rectangle is like, and their title."""
        beside = self._by_row[one.top, one.bottom], self._by_column[one.left, one.right]
        for line, own in enumerate(beside):
            at = own.index(one) + (1 if backwards else -1)
            other = own[at] if 0 <= at < len(own) else one
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
        rows = range(first.bottom + 1, second.top)
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
            for column, text in self._labels.texts(self._sheet, is_row=True, at=row)
            if column in columns and (row, column) != title
        )
        return any(not is_caption(text) and not (is_aside(text)) for text in texts)

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
            if any(self._is_filled(row, column, column) for row in range(one.top, one.bottom + 1)):
                return None
            own = [
                (row, self._text(row, column))
                for row in range(max(one.top - 1, 0), one.bottom + 1)
                if self._text(row, column)
            ]
            if len(own) > 1 and not said_by(own[0][1]):
                continue  # the rows' headers
            if own and not is_caption(own[0][1]) and not is_aside(own[0][1]):
                return own[0][0], column
        return None

    def _row(self, row: int, first: int, last: int) -> list[tuple[int, str]]:
        return [
            (column, text)
            for column, text in self._labels.texts(self._sheet, is_row=True, at=row)
            if first <= column <= last
        ]

    def _text(self, row: int, column: int) -> str:
        return self._labels.text(self._sheet, row, column)

    def _is_filled(self, row: int, first: int, last: int) -> bool:
        box = self._labels.plane.boxes[self._sheet]
        if not box.top <= row < box.top + box.height:
            return False
        own = self._labels.tops(self._sheet)[row - box.top]
        return bool((own[max(first - box.left, 0) : last + 1 - box.left] >= 0).any())
