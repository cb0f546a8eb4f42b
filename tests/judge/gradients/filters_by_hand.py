"""A convolution of two filters as a person lays it out: a block for each filter and channel.

The gradients of the filters are typed numbers, under one title for all four blocks.
"""

from dataclasses import dataclass, field

import numpy as np
import openpyxl
from openpyxl.utils import get_column_letter as letter

H = np.array([
    0.1, -0.4, 0.7, 0.2, 0.3, 0.9, -0.8, 0.5, -0.6, 0.4, 0.1, -0.2, 0.8, -0.3, 0.6, 0.2,
    -0.5, 0.2, 0.4, -0.7, 0.6, -0.1, 0.3, 0.8, 0.2, 0.5, -0.9, 0.1, -0.4, 0.7, 0.3, -0.6,
]).reshape(2, 4, 4)  # fmt: skip
W = np.array(
    [
        [[[0.3, -0.2], [0.5, 0.1]], [[-0.4, 0.6], [0.2, -0.7]]],
        [[[0.8, 0.4], [-0.1, 0.3]], [[0.5, -0.6], [0.9, 0.2]]],
    ]
)
B = np.array([0.1, -0.3])
T = np.round(np.linspace(-0.6, 0.8, 18).reshape(2, 3, 3), 2)
WINDOWS = np.lib.stride_tricks.sliding_window_view(H, (2, 2), axis=(1, 2))
DOUT = np.einsum("cijab,kcab->kij", WINDOWS, W) + B[:, None, None] - T
DW = np.einsum("kij,cijab->kcab", DOUT, WINDOWS)
BLOCKS = [(k, c) for k in range(2) for c in range(2)]


@dataclass(frozen=True)
class Style:
    """How somebody writes a tensor of blocks: the title, captions, and where all of these stand."""

    title: str = "dL/dw"
    caption: str = "k={k} c={c}"
    across: int = 2  # blocks side by side
    at: tuple[int, int] = (0, 0)  # where the title stands to the first block: rows up, columns left
    merged: int = 0  # columns that the title is merged over
    between: tuple[str, ...] = ()  # what stands between the title and the blocks
    gap: int = 1  # rows or columns between blocks


GRADIENTS, FILTERS = Style(), Style("w")


@dataclass
class Page:
    """A sheet, while it is being written."""

    book: openpyxl.Workbook = field(default_factory=openpyxl.Workbook)

    def put(self, row, column, what):
        self.book.active.cell(row, column).value = what

    def array(self, row, column, array):
        for (down, along), what in np.ndenumerate(np.atleast_2d(array)):
            self.put(row + down, column + along, what)

    def blocks(self, row, column, style, array):
        """Put a tensor's blocks on the page, the first at a place; return the place of each."""
        up, left = style.at
        title = row - 2 - len(style.between) - up
        self.put(title, column - left, style.title)
        if style.merged:
            self.book.active.merge_cells(
                start_row=title, end_row=title, start_column=column - left,
                end_column=column - left + style.merged - 1,
            )  # fmt: skip
        for number, text in enumerate(style.between, start=1):
            self.put(title + number, column, text)
        places = {}
        for number, (k, c) in enumerate(BLOCKS):
            down, along = divmod(number, style.across)
            place = row + down * (3 + style.gap), column + along * (2 + style.gap)
            if style.caption:
                self.put(place[0] - 1, place[1], style.caption.format(k=k, c=c, n=k + 1, m=c + 1))
            self.array(*place, array[k, c])
            places[k, c] = place
        return places


def area(place, size):
    row, column = place
    return f"${letter(column)}${row}:${letter(column + size - 1)}${row + size - 1}"


def write(path, typed, gradients=GRADIENTS, filters=FILTERS, beside=None):
    """Write the page, with typed gradients of the filters; return the places of their blocks."""
    page = Page()
    inputs = [(4, 2), (10, 2)]
    page.put(2, 2, "h")
    for channel, place in enumerate(inputs):
        page.put(place[0] - 1, place[1], f"c={channel}")
        page.array(*place, H[channel])
    weights = page.blocks(6, 10, filters, W)
    page.put(2, 28, "b")
    page.array(3, 28, B)
    for k in range(2):
        out, target, dout = ((4 + 6 * k, column) for column in (32, 37, 42))
        for name, (row, column) in (("out", out), ("target", target), ("dL/dout", dout)):
            page.put(row - 2, column, f"{name} k={k}")
        page.array(*target, T[k])
        for i, j in np.ndindex(3, 3):
            terms = [
                f"SUMPRODUCT({letter(column + j)}{row + i}:{letter(column + j + 1)}{row + i + 1},"
                f"{area(weights[k, c], 2)})"
                for c, (row, column) in enumerate(inputs)
            ]
            here = letter(32 + j), letter(37 + j), out[0] + i
            page.put(out[0] + i, 32 + j, f"={'+'.join(terms)}+${letter(28 + k)}$3")
            page.put(dout[0] + i, 42 + j, f"={here[0]}{here[2]}-{here[1]}{here[2]}")
        page.put(24, 28 + k, f"=SUM({area(dout, 3)})")
    page.put(23, 28, "dL/db")
    page.put(18, 32, "L")
    page.put(19, 32, "=0.5*(SUMXMY2(AF4:AH6,AK4:AM6)+SUMXMY2(AF10:AH12,AK10:AM12))")
    places = page.blocks(30, 10, gradients, typed)
    for address, what in (beside or {}).items():
        page.book.active[address] = what
    page.book.save(path)
    return {
        f"{letter(column + b)}{row + a}": (k, c, a, b)
        for (k, c), (row, column) in places.items()
        for a, b in np.ndindex(2, 2)
    }
