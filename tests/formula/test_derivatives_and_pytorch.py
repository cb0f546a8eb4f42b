"""Sheets of networks written by hand, without any layer of the program: dL/d(cell) by PyTorch."""

import numpy as np
import pytest

from tests.support.formula_pages import contents
from xlbackprop.formula.addresses import read_cell
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.gradients import gradients

pytestmark = pytest.mark.pytorch


class Page:
    """Blocks of typed numbers and of formulas, one below the other."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.cells, self.blocks, self._row = {}, {}, 1

    def typed(self, name, *size):
        """Add a block of drawn numbers; return its numbers as a tensor that PyTorch follows."""
        import torch

        numbers = np.round(self.rng.normal(0, 0.8, size), 3)
        self.add(name, size, lambda row, column: float(numbers[row, column]))
        return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)

    def add(self, name, size, content):
        """Add a block, each cell by its row and column."""
        self.blocks[name] = self._row, size
        for index in np.ndindex(size):
            self.cells[self.at(name, *index)] = content(*index)
        self._row += size[0] + 1

    def array(self, name, size, formula):
        """Add a block that one array formula fills."""
        self.blocks[name] = self._row, size
        self.cells[self.of(name)] = formula
        self._row += size[0] + 1

    def at(self, name, row, column):
        """Return the address of a cell of a block."""
        return f"{chr(65 + column)}{self.blocks[name][0] + row}"

    def of(self, name, *, rows=None, columns=None):
        """Return the address of a block, or of some of its rows and columns: (first, last)."""
        height, width = self.blocks[name][1]
        (top, bottom), (left, right) = rows or (0, height - 1), columns or (0, width - 1)
        return f"{self.at(name, top, left)}:{self.at(name, bottom, right)}"

    def check(self, tensors):
        """Compare dL/d(cell) of blocks with the gradients of tensors; L is the block "L"."""
        computation = Computation(Contents([contents(self.cells)]))
        assert not computation.unknown
        loss = self._index(computation, self.at("L", 0, 0))
        found = gradients(computation, computation.page(), loss)[:, 0]
        for name, tensor in tensors.items():
            own = [
                found[self._index(computation, self.at(name, *index))]
                for index in np.ndindex(tuple(tensor.shape))
            ]
            expected = tensor.grad.numpy().ravel()
            assert np.abs(expected).max() > 1e-4
            np.testing.assert_allclose(own, expected, rtol=1e-9, atol=1e-12, err_msg=name)

    @staticmethod
    def _index(computation, address):
        row, column = read_cell(address)
        return int(computation.plane.indices(0, np.array([row]), np.array([column]))[0])


def test_perceptron_of_three_layers():
    import torch

    page = Page(0)
    x, first, second = page.typed("x", 3, 1), page.typed("W1", 4, 3), page.typed("W2", 2, 4)
    bias, target = page.typed("b", 4, 1), page.typed("t", 2, 1)

    def net(row, _):
        parts = [f"{page.at('W1', row, at)}*{page.at('x', at, 0)}" for at in range(3)]
        return f"={'+'.join(parts)}+{page.at('b', row, 0)}"

    page.add("z", (4, 1), net)
    page.add("h", (4, 1), lambda row, _: f"=MAX(0,{page.at('z', row, 0)})")
    page.add(
        "o",
        (2, 1),
        lambda row, _: f"=TANH(SUM(MMULT({page.of('W2', rows=(row, row))},{page.of('h')})))",
    )
    page.add("L", (1, 1), lambda *_: f"=SUMXMY2({page.of('o')},{page.of('t')})/2")
    hidden = first @ x + bias
    hidden.retain_grad()
    out = torch.tanh(second @ torch.relu(hidden))
    (0.5 * ((out - target) ** 2).sum()).backward()
    page.check({"x": x, "W1": first, "W2": second, "b": bias, "t": target, "z": hidden})


def test_convolution():
    import torch
    from torch.nn.functional import conv2d, max_pool2d

    page = Page(1)
    image, kernel, bias = page.typed("x", 6, 6), page.typed("w", 3, 3), page.typed("b", 1, 1)
    target = page.typed("t", 2, 2)
    page.add(
        "z",
        (4, 4),
        lambda row, column: "=SUMPRODUCT({},{})+{}".format(
            page.of("x", rows=(row, row + 2), columns=(column, column + 2)),
            page.of("w"),
            page.at("b", 0, 0),
        ),
    )
    page.add("a", (4, 4), lambda *at: f"=IF({page.at('z', *at)}>0,{page.at('z', *at)},0)")

    def pooled(row, column):
        rows, columns = (2 * row, 2 * row + 1), (2 * column, 2 * column + 1)
        return f"=MAX({page.of('a', rows=rows, columns=columns)})"

    page.add("p", (2, 2), pooled)
    page.add("L", (1, 1), lambda *_: f"=SUMXMY2({page.of('p')},{page.of('t')})/2")
    net = conv2d(image[None, None], kernel[None, None], bias[0])[0, 0]
    net.retain_grad()
    out = max_pool2d(torch.relu(net)[None], 2)[0]
    (0.5 * ((out - target) ** 2).sum()).backward()
    page.check({"x": image, "w": kernel, "b": bias, "z": net})


def test_cell_of_an_lstm_over_two_steps():
    import torch

    page, size, gates = Page(2), 3, "ifgo"
    inputs = [page.typed(f"x{step}", 2, 1) for step in range(2)]
    weights = {gate: page.typed(f"W{gate}", size, 2) for gate in gates}
    loops = {gate: page.typed(f"U{gate}", size, size) for gate in gates}
    biases = {gate: page.typed(f"b{gate}", size, 1) for gate in gates}
    hidden, memory = page.typed("h", size, 1), page.typed("c", size, 1)
    target = page.typed("t", size, 1)

    def gate_of(gate, step, before):
        def formula(row, _):
            own = f"SUM(MMULT({page.of(f'W{gate}', rows=(row, row))},{page.of(f'x{step}')}))"
            loop = f"SUM(MMULT({page.of(f'U{gate}', rows=(row, row))},{page.of(before)}))"
            net = f"{own}+{loop}+{page.at(f'b{gate}', row, 0)}"
            return f"=TANH({net})" if gate == "g" else f"=1/(1+EXP(-({net})))"

        return formula

    before = ("h", "c")
    for step in range(2):
        for gate in gates:
            page.add(f"{gate}{step}", (size, 1), gate_of(gate, step, before[0]))

        def next_memory(row, _, step=step, before=before):
            i, f, g = (page.at(f"{gate}{step}", row, 0) for gate in "ifg")
            return f"={f}*{page.at(before[1], row, 0)}+{i}*{g}"

        page.add(f"c{step}", (size, 1), next_memory)

        def next_hidden(row, _, step=step):
            return f"={page.at(f'o{step}', row, 0)}*TANH({page.at(f'c{step}', row, 0)})"

        page.add(f"h{step}", (size, 1), next_hidden)
        before = (f"h{step}", f"c{step}")
    page.add("L", (1, 1), lambda *_: f"=SUMXMY2({page.of('h1')},{page.of('t')})/2")

    state, kept = hidden, memory
    for one in inputs:
        nets = {gate: weights[gate] @ one + loops[gate] @ state + biases[gate] for gate in gates}
        parts = {gate: torch.sigmoid(net) for gate, net in nets.items() if gate != "g"}
        kept = parts["f"] * kept + parts["i"] * torch.tanh(nets["g"])
        state = parts["o"] * torch.tanh(kept)
    (0.5 * ((state - target) ** 2).sum()).backward()
    tensors = {f"W{gate}": weights[gate] for gate in gates} | {f"b{g}": biases[g] for g in gates}
    tensors |= {f"U{gate}": loops[gate] for gate in gates} | {"h": hidden, "c": memory}
    page.check(tensors | {f"x{step}": one for step, one in enumerate(inputs)})


@pytest.mark.parametrize("form", ["array formulas", "a formula in each cell"])
def test_attention(form):
    """softmax(Q K' / sqrt d) V, with Q, K and V of the same words."""
    import torch

    page, words, size = Page(3), 4, 3
    embedding = page.typed("X", words, 5)
    weights = {name: page.typed(f"W{name}", 5, size) for name in "QKV"}
    target = page.typed("t", words, size)
    if form == "array formulas":
        write_attention_as_arrays(page, words, size)
    else:
        write_attention_by_cells(page, words, size)
    page.add("L", (1, 1), lambda *_: f"=SUMXMY2({page.of('Z')},{page.of('t')})/{words}")

    queries, keys, values = (embedding @ weights[name] for name in "QKV")
    queries.retain_grad()
    out = torch.softmax(queries @ keys.T / size**0.5, dim=1) @ values
    (((out - target) ** 2).sum() / words).backward()
    tensors = {"X": embedding, "t": target, "Q": queries}
    page.check(tensors | {f"W{name}": one for name, one in weights.items()})


def write_attention_as_arrays(page, words, size):
    for name in "QKV":
        page.array(name, (words, size), f"=MMULT({page.of('X')},{page.of(f'W{name}')})")
    scores = f"=MMULT({page.of('Q')},TRANSPOSE({page.of('K')}))/SQRT({size})"
    page.array("S", (words, words), scores)
    ones = "{" + ";".join("1" * words) + "}"
    shares = f"=EXP({page.of('S')})/MMULT(EXP({page.of('S')}),{ones})"
    page.array("A", (words, words), shares)
    page.array("Z", (words, size), f"=MMULT({page.of('A')},{page.of('V')})")


def write_attention_by_cells(page, words, size):
    def product(left, right, *, turned=False):
        def formula(row, column):
            own = page.of(left, rows=(row, row))
            if turned:
                return f"=SUMPRODUCT({own},{page.of(right, rows=(column, column))})/SQRT({size})"
            other = page.of(right, columns=(column, column))
            return f"=SUMPRODUCT({own},TRANSPOSE({other}))"

        return formula

    for name in "QKV":
        page.add(name, (words, size), product("X", f"W{name}"))
    page.add("S", (words, words), product("Q", "K", turned=True))
    page.add("P", (words, words), lambda *at: f"=EXP({page.at('S', *at)})")
    page.add(
        "A",
        (words, words),
        lambda row, column: f"={page.at('P', row, column)}/SUM({page.of('P', rows=(row, row))})",
    )
    page.add("Z", (words, size), product("A", "V"))
