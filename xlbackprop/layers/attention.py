"""Attention: each position takes from all that it sees, as much as its query and their keys agree.

Of h (T, D), or queries from h_0 (T, D) and keys and values from h_1 (S, M):

    q = h w_qᵀ + b_q,   k = h w_kᵀ + b_k,   v = h w_vᵀ + b_v      (split into heads of d = D/heads)
    weights = softmax(q kᵀ / √d)           (over the keys; with `causal` those up to the position)
    out     = (weights v, the heads side by side) w_oᵀ + b_o

Each step is a block of its own, forward and back. Weights are as torch.nn.MultiheadAttention has
them, whose in_proj_weight is w_q, w_k and w_v one below the other. Vaswani and others, "Attention
is all you need" (2017), section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Port, Scope, layer
from xlbackprop.contract.options import count, flag
from xlbackprop.equation import Equation, Kind, Math, Shape, Slip
from xlbackprop.formula.grid import Addresses
from xlbackprop.layers.common.attention import projections
from xlbackprop.layers.common.attention.gradients import attention_gradients
from xlbackprop.layers.common.attention.tensors import AttentionTensors
from xlbackprop.layers.common.attention.weights import AttentionWeights


@layer("attention", short="attn", inputs=(1, 2))
@dataclass(frozen=True)
class Attention:
    """h (T, D), or h_0 (T, D) and h_1 (S, M), or with a batch; w_q w_k w_v w_o; out (T, D)."""

    heads: int = count(default=1)
    causal: bool = flag(default=False)
    bias: bool = flag(default=True)

    def equations(self, scope: Scope, *shapes: Shape) -> LayerEquations:
        """Return the layer's equations for one input, or for two of the given shapes."""
        for shape in shapes:
            if len(shape) - scope.has_batch != 2:
                raise scope.refuse("input", shape, "attention takes sequences: (T, D)")
        if shapes[0][-1] % self.heads:
            why = f"the input's {shapes[0][-1]} entries cannot be divided among so many"
            raise scope.refuse("heads", self.heads, why)
        if self.causal and len(shapes) > 1:
            why = "keys and values of another input have no order among the queries"
            raise scope.refuse("causal", "true", why)
        return _Attention(self, AttentionTensors(scope, shapes, self.heads, bias=self.bias)).layer()


class _Attention:
    """Attention of known size: its steps, forward and back."""

    def __init__(self, options: Attention, part: AttentionTensors) -> None:
        self.options, self.part = options, part
        self.inner = AttentionWeights(part, causal=options.causal)
        self.joined = self._joined()

    def _joined(self) -> Port:
        part = self.part
        if part.heads == 1:
            return self.inner.context
        tensor = part.scope.tensor(
            "joined", part.out.shape, f"{part.letters}tm", Kind.FORWARD, "heads side by side"
        )
        return Port(tensor, part.scope.gradient(tensor, "gradient of the joined"))

    def layer(self) -> LayerEquations:
        part, options = self.part, self.options
        heads = f"{part.heads} head{'s' * (part.heads > 1)} of {part.size}"
        about = [heads, *["causal"] * options.causal, *["no bias"] * (not options.bias)]
        note = "Empty cells are masked: they hold 0, and nothing takes them in."
        return LayerEquations(
            inputs=part.inputs,
            parameters=part.parameters,
            outputs=(part.output,),
            forward=tuple(self._forward()),
            backward=tuple(self._backward()),
            about=", ".join(about),
            note=note if options.causal else "",
        )

    def _forward(self) -> Iterator[Equation]:
        part = self.part
        for one in (part.q, part.k, part.v):
            yield projections.project(part, one)
        yield from self.inner.forward()
        if part.heads > 1:
            yield self._join()
        yield projections.give_out(part, self.joined.tensor)

    def _backward(self) -> Iterator[Equation]:
        part, turned = self.part, projections.turned_weights(self.part)
        yield turned["o"]
        ends = (self.joined.tensor, self.joined.gradient)
        yield from projections.gradients_of_output(part, *ends, turned["o"].target)
        if part.heads > 1:
            yield self._split()
        yield from attention_gradients(part, self.inner)
        for one in (part.q, part.k, part.v):
            yield turned[one.letter]
            yield from projections.gradients_of_projection(part, one)
        targets = {letter: equation.target for letter, equation in turned.items()}
        for number in range(len(part.inputs)):
            yield from projections.gradient_of_input(part, number, targets)

    def _join(self) -> Equation:
        part = self.part

        def formula(at: Addresses, *index: int) -> str:
            *sample, t, m = index
            head, e = divmod(m, part.size)
            return at.x[*sample, head, t, e]

        context, joined = self.inner.context.tensor, self.joined.tensor
        return Equation(
            joined,
            {"x": context},
            part.joined,
            formula,
            Math(f"joined[{part.n}t,{part.m}] = context[{part.a}t,e]"),
            (
                Slip(
                    "heads not side by side",
                    "Put the heads of a position side by side in its row: you read them one after"
                    " the other.",
                    lambda x: x.reshape(joined.shape),
                ),
            ),
        )

    def _split(self) -> Equation:
        part = self.part

        def formula(at: Addresses, *index: int) -> str:
            sample, head, t, e = part.parts(index)
            return at.x[*sample, t, head * part.size + e]

        target = self.inner.context.gradient
        return Equation(
            target,
            {"x": self.joined.gradient},
            part.split,
            formula,
            Math(f"dL/dcontext[{part.a}t,e] = dL/djoined[{part.n}t,{part.m}]"),
            (
                Slip(
                    "heads not split",
                    f"Head a has the columns from {part.size}a on, at each position: you cut the"
                    " positions into heads.",
                    lambda x: x.reshape(target.shape),
                ),
            ),
        )
