"""What losses share that judge every output by itself: blocks of the output's shape.

    L = Σ losses / m

m is the number of outputs (batch included) with reduction "mean", that of samples with
"batchmean", and 1 with "sum". What such a
loss adds is the loss of one output, and its derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.layer import Port, Scope
from xlbackprop.contract.loss import block_terms, scalar
from xlbackprop.contract.sums import Finish, sum_equations, whole_sum
from xlbackprop.equation import Array, Domain, Equation, Kind, Math, Place, Slip, Tensor
from xlbackprop.losses.common.slips import reversed_slip, slips_of_reduction

Compute = Callable[..., Array]


@dataclass(frozen=True)
class Entries:
    """The outputs of a network, each of which has a loss of its own."""

    scope: Scope
    port: Port
    reduction: str

    @property
    def out(self) -> Tensor:
        """The outputs themselves."""
        return self.port.tensor

    @property
    def m(self) -> int:
        """What the sum over all outputs is divided by."""
        if self.reduction == "batchmean":
            return self.samples
        return self.out.size if self.reduction == "mean" else 1

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return self.out.shape[0] if self.scope.has_batch else 1

    @property
    def index(self) -> str:
        """The index of an output, as equations write it: `n,j`."""
        return ",".join(self.out.axes)

    def over_m(self, plain: str) -> str:
        """Return the sign of division with m, or nothing where m is 1."""
        return f"{plain}{self.m}" if self.m > 1 else ""

    def tensor(self, short: str, kind: Kind, about: str, domain: Domain | None = None) -> Tensor:
        """Return the tensor `loss.<short>`, shaped like the output and standing beside it."""
        return self.scope.tensor(
            short,
            self.out.shape,
            "".join(self.out.axes),
            kind,
            about,
            block_rank=self.out.block_rank,
            place=Place.BESIDE,
            belongs_to=self.out,
            vertical=self.out.vertical,
            domain=domain,
        )

    equation = staticmethod(cellwise)

    def target(self, domain: Domain | None = None) -> Tensor:
        """Return the tensor `loss.target`, which holds a number for each output."""
        return self.tensor("target", Kind.GIVEN, "what out should be", domain)

    def error(self, target: Tensor) -> Equation:
        """Return the equation of `loss.error`: each output less its target."""
        i = self.index
        return self.equation(
            self.tensor("error", Kind.FORWARD, "output less target"),
            {"out": self.out, "target": target},
            compute=lambda out, target: out - target,
            formula=lambda out, target: f"{out}-{target}",
            math=Math(f"error[{i}] = out[{i}] - target[{i}]"),
            slips=(
                Slip(
                    "target minus output",
                    "Subtract the target from the output, not the output from the target: the sign"
                    " goes into the gradient.",
                    lambda out, target: target - out,
                ),
            ),
        )

    def total_of(self, losses: Tensor) -> list[Equation]:
        """Return the equation of L from a block with the loss of each output."""
        return self.total(
            {"losses": losses},
            compute=lambda losses: losses,
            text=lambda losses: f"SUM({losses})",
            math=f"losses[{self.index}]",
        )

    def total(
        self,
        sources: Mapping[str, Tensor],
        compute: Compute,
        text: Callable[..., str],
        math: str,
        *,
        halved: bool = False,
        slips: Callable[[Compute], Iterable[Slip]] = lambda compute: (),  # noqa: ARG005
    ) -> list[Equation]:
        """Return the equation of L = Σ losses / m, after those of partial sums where need be.

        `compute(**arrays)` returns the losses of all outputs, `text(*addresses)` the formula that
        sums those of one block, and `math` is the loss of one output; `halved` puts ½ before the
        sum. `slips(compute)` returns those of the loss, made from what computes L.
        """
        divisor = "/2" * halved + self.over_m("/")
        whole = 2 * self.m if halved else self.m
        divide = Finish(
            compute=lambda total: total / whole,
            formula=lambda total, at: f"({total}){divisor}",  # noqa: ARG005
        )
        terms = block_terms(
            dict(sources), lambda **arrays: compute(**arrays).sum(axis=1), text=text
        )
        finish = divide if divisor else None
        right = whole_sum(terms, finish)
        return sum_equations(
            self.scope,
            scalar(self.scope, self.out),
            terms,
            Math(f"L = {'½ ' * halved}Σ({self.index}) {math}{self.over_m(' / ')}"),
            finish,
            (*slips(right), *slips_of_reduction(right, self.m, self.out.size, self.samples)),
        )

    def gradient(
        self,
        sources: Mapping[str, Tensor],
        compute: Compute,
        formula: Callable[..., str],
        math: str,
        *,
        slips: Iterable[Slip] = (),
    ) -> Equation:
        """Return the equation of dL/dout: the derivative of each output's loss, over m.

        `compute`, `formula` and `math` are the derivative, a product or a quotient so that m can
        stand behind it; `slips` are wrong derivatives.
        """

        def over_m(derivative: Compute) -> Compute:
            return lambda **arrays: derivative(**arrays) / self.m

        right = over_m(compute)
        return self.equation(
            self.port.gradient,
            sources,
            right,
            formula=lambda **cells: formula(**cells) + self.over_m("/"),
            math=Math(f"dL/dout[{self.index}] = {math}{self.over_m(' / ')}"),
            slips=(
                reversed_slip(right),
                *(replace(slip, compute=over_m(slip.compute)) for slip in slips),
                *slips_of_reduction(right, self.m, self.out.size, self.samples),
            ),
        )
