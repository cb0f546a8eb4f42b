"""The formulas that a person writes for each layer, without helper blocks.

`on.cell(tensor, index)` is a cell's address; `on.products(left, right)` sums the products of two
lists of cells in the hand's own style, with SUMPRODUCT where they lie alike.
"""

from __future__ import annotations

import itertools

import numpy as np


def conv(layer, h, gradient, kernel, filters, channels):
    """Stride 1, no padding. `h` and `gradient` are tensors' names; sizes are found on the page."""

    def out(on, k, i, j):
        window = list(itertools.product(range(kernel), range(kernel)))
        sums = [
            on.products(
                [(h, (c, i + a, j + b)) for a, b in window],
                [(f"{layer}.w", (k, c, a, b)) for a, b in window],
            )
            for c in range(channels)
        ]
        return "+".join([*sums, on.cell(f"{layer}.b", (k,))])

    def dL_dw(on, k, c, a, b):  # noqa: N802
        places = [index[1:] for index in np.ndindex(on.shape(gradient)) if index[0] == k]
        return on.products(
            [(h, (c, a + i, b + j)) for i, j in places], [(gradient, (k, i, j)) for i, j in places]
        )

    def dL_db(on, k):  # noqa: N802
        return on.sum([(gradient, i) for i in np.ndindex(on.shape(gradient)) if i[0] == k])

    def dL_dh(on, c, u, v):  # noqa: N802
        _, height, width = on.shape(gradient)
        sums = []
        for k in range(filters):
            places = [
                (i, j)
                for i, j in itertools.product(range(height), range(width))
                if 0 <= u - i < kernel and 0 <= v - j < kernel
            ]
            sums.append(
                on.products(
                    [(gradient, (k, i, j)) for i, j in places],
                    [(f"{layer}.w", (k, c, u - i, v - j)) for i, j in places],
                )
            )
        return "+".join(sums)

    return {
        f"{layer}.out": out,
        f"{layer}.dL_dw": dL_dw,
        f"{layer}.dL_db": dL_db,
        f"{layer}.dL_dh": dL_dh,
    }


def dense(layer, h, gradient):
    """`h` may have any shape: its entries count in C order."""

    def entries(on, name):
        return [(name, index) for index in np.ndindex(on.shape(name))]

    def out(on, k):
        inputs = entries(on, h)
        weights = [(f"{layer}.w", (k, j)) for j in range(len(inputs))]
        return f"{on.products(weights, inputs)}+{on.cell(f'{layer}.b', (k,))}"

    def dL_dw(on, k, j):  # noqa: N802
        return f"{on.cell(gradient, (k,))}*{on.cell(*entries(on, h)[j])}"

    def dL_db(on, k):  # noqa: N802
        return on.cell(gradient, (k,))

    def dL_dh(on, j):  # noqa: N802
        units = on.shape(gradient)[0]
        return on.products(
            [(f"{layer}.w", (k, j)) for k in range(units)], [(gradient, (k,)) for k in range(units)]
        )

    return {
        f"{layer}.out": out,
        f"{layer}.dL_dw": dL_dw,
        f"{layer}.dL_db": dL_db,
        f"{layer}.dL_dh": dL_dh,
    }


def sigmoid(layer, h, gradient):
    def out(on, *index):
        return f"1/(1+EXP(-{on.cell(h, index)}))"

    def dL_dh(on, *index):  # noqa: N802
        y = on.cell(f"{layer}.out", index)
        return f"{gradient(on, *index)}*{y}*(1-{y})"

    return {f"{layer}.out": out, f"{layer}.dL_dh": dL_dh}


def relu(layer, h, gradient):
    return {
        f"{layer}.out": lambda on, *index: f"MAX(0,{on.cell(h, index)})",
        f"{layer}.dL_dh": lambda on, *index: (
            f"IF({on.cell(h, index)}>0,{on.cell(gradient, index)},0)"
        ),
    }


def max_pool(layer, h, gradient):
    """Windows of 2×2; `gradient(c, i, j)` is the cell of its upstream gradient."""

    def out(on, c, i, j):
        window = [(h, (c, 2 * i + a, 2 * j + b)) for a in (0, 1) for b in (0, 1)]
        return f"MAX({on.list(window)})"

    def dL_dh(on, c, u, v):  # noqa: N802
        _, height, width = on.shape(f"{layer}.out")
        if u // 2 >= height or v // 2 >= width:
            return "0*" + on.cell(h, (c, u, v))
        largest = out(on, c, u // 2, v // 2)
        upstream = on.cell(*gradient(c, u // 2, v // 2))
        return f"IF({on.cell(h, (c, u, v))}={largest},{upstream},0)"

    return {f"{layer}.out": out, f"{layer}.dL_dh": dL_dh}


def half_squares(out, gradient):
    """Half the sum of squared errors; its gradient, where a name is given for it."""

    def loss(on):
        squares = [
            f"({on.cell(out, index)}-{on.cell('loss.target', index)})^2"
            for index in np.ndindex(on.shape(out))
        ]
        return f"0.5*({'+'.join(squares)})"

    found = {"loss.L": loss}
    if gradient:
        found[gradient] = error(out)
    return found


def error(out):
    """The output minus the target, as it stands within another formula."""
    return lambda on, *index: f"({on.cell(out, index)}-{on.cell('loss.target', index)})"


def given_loss(out, gradient):
    def loss(on):
        entries = list(np.ndindex(on.shape(out)))
        blocks = {}
        for index in entries:
            blocks.setdefault(index[0], []).append(index)
        return "+".join(
            on.products([(gradient, i) for i in block], [(out, i) for i in block])
            for block in blocks.values()
        )

    return {"loss.L": loss}


def descent(layer):
    """Plain gradient descent on a layer's w and b."""

    def update(short):
        def new(on, *index):
            w, g = on.cell(f"{layer}.{short}", index), on.cell(f"{layer}.dL_d{short}", index)
            return f"{w}-{on.cell('training.lr', ())}*{g}"

        return new

    return {f"{layer}.w_new": update("w"), f"{layer}.b_new": update("b")}
