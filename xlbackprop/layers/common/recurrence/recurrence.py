"""What recurrent layers share: a state that goes from step to step, and gradients back through all.

Of a sequence h of T rows, with K = gates · units rows in the weights, as in torch.nn:

    net_t[k] = Σ(j) h[t,j] · w_ih[k,j] + b_ih[k] + Σ(m) state_(t-1)[m] · w_hh[k,m] + b_hh[k]
    state_t  = what the layer makes of net_t
    out[t]   = state_t                        (or the last one alone)

and back, from the last step to the first:

    dL/dstate_t[m] = dL/dout[t,m] + Σ(k) dL/dnet_(t+1)[k] · w_hh[k,m]
    dL/dw_ih[k,j]  = Σ(t) dL/dnet[t,k] · h[t,j]
    dL/dw_hh[k,m]  = Σ(t) dL/dnet[t,k] · previous[t,m]      (the states before each step)
    dL/db_ih[k]    = dL/db_hh[k] = Σ(t) dL/dnet[t,k]
    dL/dh[t,j]     = Σ(k) dL/dnet[t,k] · w_ih[k,j]

The steps stand one below the other. With a batch, each row of a step's block is a sample. Werbos,
"Backpropagation through time" (1990).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from xlbackprop.contract.layer import LayerEquations
from xlbackprop.contract.slips import altered
from xlbackprop.contract.sums import Terms, sum_equations, whole_sum
from xlbackprop.equation import Array, Equation, Kind, Math, Slip, Tensor
from xlbackprop.equation.indices import index_at
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers.common.recurrence.steps import GIVEN, ZEROS, RecurrentSteps
from xlbackprop.layers.common.transposed import transposed

__all__ = ["GIVEN", "ZEROS", "Net", "Recurrence"]


@dataclass(frozen=True)
class Net:
    """A step's gradient by what is put in from below (K,), and by what the state puts in (K,)."""

    of_input: Tensor
    of_state: Tensor


@dataclass(frozen=True)
class _Part:
    """One way by which a gradient comes back to a state: as an equation, in arrays, in a cell."""

    sources: Mapping[str, Tensor]
    text: str
    compute: Callable[[Mapping[str, Array]], Array]
    formula: Callable[..., str]


class Recurrence(RecurrentSteps):
    """The whole layer: its steps, and the way back through all of them."""

    def gradient_of_state(
        self, t: int, state: Tensor, after: Net | None, direct: tuple[Tensor, Tensor] | None = None
    ) -> Equation:
        """Return the equation of a state's gradient: from the output, and from the step after.

        `direct` are two tensors of the step after whose product comes back besides.
        """
        target = self.gradient(state)
        from_output = not self.last or t == self.steps - 1
        parts = [self._from_output(t)] if from_output else []
        parts += [self._directly(*direct)] if direct else []
        parts += [self._by_weights(after.of_state)] if after else []

        def compute(**arrays: Array) -> Array:
            nothing: Array = np.zeros((*self.samples, self.units))
            return sum((part.compute(arrays) for part in parts), nothing)

        def formula(at: Addresses, *index: int) -> str:
            return "+".join([part.formula(at, *index) for part in parts])

        both = "The state has a part in the output, and in the step after it: both come back."
        text = f"{target.title}[{self.n}m] = {' + '.join(part.text for part in parts)}"
        return Equation(
            target,
            {letter: tensor for part in parts for letter, tensor in part.sources.items()},
            compute,
            formula,
            Math(text, why=both if after and from_output else ""),
            tuple(_slips_of_state(compute)) if after and from_output else (),
        )

    def _from_output(self, t: int) -> _Part:
        return _Part(
            {"g": self.dL_dout},
            f"dL/dout[{self.n}m]" if self.last else f"dL/dout[{self.n}{t},m]",
            lambda arrays: arrays["g"] if self.last else arrays["g"][..., t, :],
            lambda at, *i: at.g[i] if self.last else at.g[*i[:-1], t, i[-1]],
        )

    def _directly(self, gradient: Tensor, factor: Tensor) -> _Part:
        return _Part(
            {"p": gradient, "q": factor},
            f"{gradient.title}[{self.n}m] · {factor.title}[{self.n}m]",
            lambda arrays: arrays["p"] * arrays["q"],
            lambda at, *i: f"{at.p[i]}*{at.q[i]}",
        )

    def _by_weights(self, gradient: Tensor) -> _Part:
        return _Part(
            {"d": gradient, "v": self.turned.target},
            f"Σ(k) {gradient.title}[{self.n}k] · w_hh[k,m]",
            lambda arrays: arrays["d"] @ arrays["v"].T,
            lambda at, *i: self.product(at.d[*i[:-1], :], at.v[i[-1], :]),
        )

    def gradients(self, nets: Sequence[Net], before: Sequence[Tensor | None]) -> Iterator[Equation]:
        """Yield the equations of all parameters' gradients and the input's, from all steps'."""
        delta = self._all_steps("dL_dnet", [net.of_input for net in nets])
        yield delta
        of_state = delta
        if any(net.of_state != net.of_input for net in nets):
            of_state = self._all_steps("dL_dhidden", [net.of_state for net in nets])
            yield of_state
        previous = self._previous(before)
        yield previous
        d, s = delta.target, of_state.target
        yield from self._of_weights(self.w_ih.gradient, d, self.h, "j")
        yield from self._of_weights(self.w_hh.gradient, s, previous.target, "m")
        yield from self._of_bias(self.b_ih.gradient, d)
        yield from self._of_bias(self.b_hh.gradient, s)
        turned = transposed(self.scope, self.w_ih.tensor)
        yield turned
        yield self._of_input(d, turned.target)

    def _all_steps(self, short: str, parts: Sequence[Tensor]) -> Equation:
        name = short.removeprefix("dL_d")
        target = self.scope.tensor(
            short,
            (*self.samples, self.steps, self.rows),
            f"{self.letters}tk",
            Kind.LINK,
            "the steps' gradients, a row each",
        )
        return self.rows_of(target, parts, f"{target.title}[{self.n}t,k] = dL/d{name}_t[{self.n}k]")

    def _previous(self, before: Sequence[Tensor | None]) -> Equation:
        target = self.scope.tensor(
            "previous",
            (*self.samples, self.steps, self.units),
            f"{self.letters}tm",
            Kind.LINK,
            "the states before each step",
        )
        return self.rows_of(target, before, f"previous[{self.n}t,m] = state[{self.n}t-1,m]")

    def _of_weights(self, target: Tensor, d: Tensor, x: Tensor, axis: str) -> list[Equation]:
        def partial(part: slice, d: Array, x: Array) -> Array:
            return np.asarray(self._flat(d, part).T @ self._flat(x, part))

        def term(at: Addresses, block: int, k: int, j: int) -> str:
            own = index_at(block, self.samples)
            return sumproduct(at.d[*own, :, k].fixed, at.x[*own, :, j])

        terms = Terms(prod(self.samples), {"d": d, "x": x}, partial, term, "sample")
        index = f"{self.n}t"
        math = Math(
            f"{target.title}[k,{axis}] = Σ({index}) {d.title}[{index},k] ·"
            f" {x.title}[{index},{axis}]",
            why="The weight is used in every step: what comes back from all of them adds up.",
        )
        slips = tuple(self._slips_of_steps(whole_sum(terms), "d"))
        return sum_equations(self.scope, target, terms, math, slips=slips)

    def _of_bias(self, target: Tensor, d: Tensor) -> list[Equation]:
        def partial(part: slice, d: Array) -> Array:
            return np.asarray(self._flat(d, part).sum(axis=0))

        def term(at: Addresses, block: int, k: int) -> str:
            return f"SUM({at.d[*index_at(block, self.samples), :, k]})"

        terms = Terms(prod(self.samples), {"d": d}, partial, term, "sample")
        index = f"{self.n}t"
        math = Math(f"{target.title}[k] = Σ({index}) {d.title}[{index},k]")
        slips = tuple(self._slips_of_steps(whole_sum(terms), "d"))
        return sum_equations(self.scope, target, terms, math, slips=slips)

    def _of_input(self, d: Tensor, w: Tensor) -> Equation:
        n = self.n
        return Equation(
            self.input.gradient,
            {"d": d, "w": w},
            compute=lambda d, w: d @ w.T,
            formula=lambda at, *i: sumproduct(at.d[*i[:-1], :], at.w[i[-1], :].fixed),
            math=Math(
                f"dL/dh[{n}t,j] = Σ(k) {d.title}[{n}t,k] · w_ih[k,j]",
                why="An entry of the input is seen in its own step only.",
            ),
        )

    def _flat(self, x: Array, part: slice) -> Array:
        """Return the rows of some samples' sequences, one below the other."""
        return x.reshape(-1, self.steps, x.shape[-1])[part].reshape(-1, x.shape[-1])

    # The whole.

    def layer(
        self,
        forward: Sequence[Equation],
        backward: Sequence[Equation],
        about: str,
        givens: tuple[Tensor, ...] = (),
    ) -> LayerEquations:
        """Return the layer from its equations in their order."""
        initial = (self.h0,) if self.h0 else ()
        return LayerEquations(
            inputs=(self.input,),
            parameters=(self.w_ih, self.w_hh, self.b_ih, self.b_hh),
            givens=(*initial, *givens),
            outputs=(self.output,),
            forward=tuple(forward),
            backward=tuple(backward),
            about=about,
        )

    # What goes wrong.

    def _slips_of_steps(self, compute: Callable[..., Array], letter: str) -> Iterator[Slip]:
        if self.steps < 2:
            return
        hint = (
            f"Add up what all {self.steps} steps give: the parameter is the same in each of them;"
            " only the %s is in yours."
        )
        for which, part in (("last", slice(-1, None)), ("first", slice(1))):

            def only(d: Array, part: slice = part) -> Array:
                kept = np.zeros_like(d)
                kept[..., part, :] = d[..., part, :]
                return kept

            name = f"only the {which} step's gradient"
            yield altered(name, hint % which, compute, **{letter: only})


def _slips_of_state(compute: Callable[..., Array]) -> Iterator[Slip]:
    yield altered(
        "gradient not passed through time",
        "Add what comes back from the step after, by w_hh: the state has a part there too.",
        compute,
        d=np.zeros_like,
    )
    yield altered(
        "gradient of the output left out",
        "Add dL/dout of this step: the state is this step's output too.",
        compute,
        g=np.zeros_like,
    )
