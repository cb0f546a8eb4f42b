"""A layer, a loss or an optimizer that breaks the contract is refused by its name, in one line."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import tomli_w

import xlbackprop
from tests.support.plugins import registered
from xlbackprop.__main__ import main
from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.loss import LossEquations, loss, scalar
from xlbackprop.contract.optimizer import OPTIMIZERS, Update, optimizer
from xlbackprop.contract.options import number
from xlbackprop.equation import Equation, Kind, Math, Slip
from xlbackprop.layers import LayerEquations, Port, layer

SPEC = {
    "name": "mine",
    "input": [3],
    "layers": [{"type": "tanh"}, {"type": "broken"}],
    "values": {"style": "normal"},
}
TRAINING = {"optimizer": "broken", "lr": 0.1, "steps": 2}


@pytest.fixture(autouse=True)
def registries():
    with registered():
        optimizers = dict(OPTIMIZERS)
        yield
        OPTIMIZERS.clear()
        OPTIMIZERS.update(optimizers)


def doubled(scope, shape):
    """Return a layer without a fault: y = 2 w x."""
    x, w, y = (
        scope.input("x", shape),
        scope.parameter("w", shape, "j", "w"),
        scope.output("y", shape),
    )
    forward = cellwise(
        y.tensor,
        {"w": w.tensor, "x": x.tensor},
        compute=lambda w, x: 2 * w * x,
        formula=lambda w, x: f"2*{w}*{x}",
        math=Math("y[j] = 2 · w[j] · x[j]"),
    )
    to_w, to_x = (
        cellwise(
            port.gradient,
            {"other": other.tensor, "g": y.gradient},
            compute=lambda other, g: 2 * other * g,
            formula=lambda other, g: f"2*{other}*{g}",
            math=Math(f"{port.gradient.title}[j] = 2 · {other.tensor.title}[j] · dL/dy[j]"),
        )
        for port, other in ((w, x), (x, w))
    )
    return LayerEquations((x,), (y,), (forward,), (to_w, to_x), "twice", parameters=(w,))


def network_with(change, **more):
    """Return the network with a layer that `change(equations)` has spoiled."""

    @layer("broken", short="broken")
    @dataclass(frozen=True)
    class Broken:
        def equations(self, scope, shape):
            return change(doubled(scope, shape))

    return xlbackprop.build_network(xlbackprop.parse_spec(tomli_w.dumps({**SPEC, **more})))


def first(part, **changes):
    """Return the layer with changes in the first equation of its forward pass."""
    return replace(part, forward=(replace(part.forward[0], **changes),))


def helper(part, kind=Kind.HELPER):
    """Return the equation of a tensor of the layer's own, a copy of x."""
    x = part.inputs[0].tensor
    return cellwise(
        replace(x, short="copy", kind=kind),
        {"x": x},
        compute=lambda x: x,
        formula=lambda x: x,
        math=Math("copy[j] = x[j]"),
    )


def with_two_letters(equation):
    return replace(equation, target=replace(equation.target, axes=("i", "j")))


def later(part):
    copy = helper(part)
    one = replace(part.forward[0], sources={"w": part.parameters[0].tensor, "x": copy.target})
    return replace(part, forward=(one, copy))


def longer(part):
    return replace(part.inputs[0].gradient, shape=(4,))


def defined(part, tensor):
    return replace(part, backward=(*part.backward, replace(part.forward[0], target=tensor)))


BROKEN = {
    "target-twice": (
        lambda part: replace(part, forward=part.forward * 2),
        ["broken1.y is defined twice"],
    ),
    "source-later": (later, ["broken1.y uses broken1.copy", "nothing before it defines"]),
    "source-nowhere": (
        lambda part: first(
            part,
            sources={
                "w": part.parameters[0].tensor,
                "x": replace(part.inputs[0].tensor, short="lost"),
            },
        ),
        ["broken1.lost", "nothing before it defines", "inputs, parameters or givens"],
    ),
    "target-of-a-given-kind": (
        lambda part: replace(part, forward=(helper(part, Kind.GIVEN), *part.forward)),
        ["broken1.copy", "its kind is given"],
    ),
    "letters-of-compute": (
        lambda part: first(part, compute=lambda w, h: w * h),
        ["compute of broken1.y takes w, h", "letters of its sources are w, x"],
    ),
    "letter-missing-in-compute": (
        lambda part: first(part, compute=lambda w: w),
        ["compute of broken1.y takes w;", "w, x"],
    ),
    "letters-of-a-slip": (
        lambda part: first(part, slips=(Slip("half", "Do not halve.", lambda w: w),)),
        ['the slip "half" of broken1.y takes w;'],
    ),
    "letters-of-accepts": (
        lambda part: first(part, accepts=lambda found, tolerance, h: abs(h - found) < tolerance),
        ["accepts of broken1.y takes found, tolerance, h"],
    ),
    "letter-of-the-formula": (
        lambda part: first(part, formula=lambda at, j: f"2*{at.h[j]}"),
        ["formula of broken1.y", "no source 'h'"],
    ),
    "entry-of-the-formula": (
        lambda part: first(part, formula=lambda at, i, j: f"2*{at.x[i, j]}"),
        ["formula of broken1.y", "[0]"],
    ),
    "no-gradient-of-the-input": (
        lambda part: replace(part, backward=part.backward[:1]),
        ["no equation defines dL_dx, the gradient of x", "flows=False"],
    ),
    "no-gradient-of-the-parameter": (
        lambda part: replace(part, backward=part.backward[1:]),
        ["no equation defines dL_dw, the gradient of w"],
    ),
    "gradient-of-another-shape": (
        lambda part: replace(part, inputs=(Port(part.inputs[0].tensor, longer(part)),)),
        ["dL_dx has the shape 4, and x 3"],
    ),
    "output-not-computed": (
        lambda part: replace(part, forward=(helper(part),)),
        ["no equation in forward defines the output y"],
    ),
    "input-computed": (
        lambda part: defined(part, part.inputs[0].tensor),
        ["broken1.x comes from outside"],
    ),
    "gradient-of-the-output-computed": (
        lambda part: defined(part, part.outputs[0].gradient),
        ["broken1.dL_dy comes from outside"],
    ),
    "axes-without-letters": (
        lambda part: replace(part, forward=(with_two_letters(helper(part)), *part.forward)),
        ["broken1.copy has the axes i, j for the shape 3"],
    ),
    "too-few-inputs": (
        lambda part: replace(part, inputs=()),
        ["have 0 inputs, and it is given 1"],
    ),
    "no-output": (lambda part: replace(part, outputs=()), ["it has no output"]),
}


def refused(build):
    """Return the message of the refusal, which is one line."""
    with pytest.raises(xlbackprop.ContractError) as caught:
        build()
    message = str(caught.value)
    assert message.isprintable()
    return message


def test_layer_without_a_fault_is_taken():
    assert "broken1.dL_dw" in network_with(lambda part: part).tensors


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_layer_that_breaks_an_invariant_is_refused_by_its_name(case):
    change, words = case
    message = refused(lambda: network_with(change))
    assert message.startswith('layer "broken1": ')
    assert all(word in message for word in words), message


def test_layer_whose_arrays_have_another_size_is_refused_by_its_name():
    network = network_with(lambda part: first(part, compute=lambda w, x: (w * x)[:2]))
    values = {tensor.name: np.ones(tensor.shape) for tensor in network.inputs}
    message = refused(lambda: network.evaluate(values))
    assert message == (
        'layer "broken1": broken1.y has the shape [3], and what computes it returns [2]'
    )


def test_command_ends_with_the_one_line(tmp_path, capsys):
    spec = tmp_path / "mine.toml"
    spec.write_text(tomli_w.dumps(SPEC))
    with pytest.raises(xlbackprop.ContractError):
        network_with(lambda part: replace(part, outputs=()))
    assert main(["build", str(spec), "-o", str(tmp_path / "mine.xlsx")]) == 2
    assert capsys.readouterr() == ("", 'xlbackprop: layer "broken1": it has no output\n')
    assert not (tmp_path / "mine.xlsx").exists()


# Losses and optimizers.


def loss_with(change):
    @loss("broken")
    @dataclass(frozen=True)
    class Broken:
        def equations(self, scope, out):
            total = Equation(
                scalar(scope, out.tensor),
                {"out": out.tensor},
                lambda out: out.sum(),
                lambda at: f"SUM({at.out[:]})",
                Math("L = Σ(j) out[j]"),
            )
            ones = cellwise(
                out.gradient,
                {"out": out.tensor},
                compute=lambda out: 0 * out + 1,
                formula=lambda out: f"0*{out}+1",
                math=Math("dL/dout[j] = 1"),
            )
            return change(LossEquations((), (total,), (ones,), "the sum"))

    raw = {**SPEC, "layers": SPEC["layers"][:1], "loss": {"type": "broken"}}
    return xlbackprop.build_network(xlbackprop.parse_spec(tomli_w.dumps(raw)))


def other_gradient(part):
    (equation,) = part.backward
    elsewhere = replace(equation.target, layer="loss")
    return replace(part, backward=(replace(equation, target=elsewhere),))


BROKEN_LOSSES = {
    "no-loss": (lambda part: replace(part, forward=()), ["must define L"]),
    "loss-of-many-cells": (
        lambda part: replace(part, forward=part.backward), ["must define L, a single cell"]
    ),
    "no-gradient": (other_gradient, ["no equation in backward defines tanh1.dL_dout"]),
    "letters": (
        lambda part: replace(
            part, forward=(replace(part.forward[0], compute=lambda h: h.sum()),)
        ),
        ["compute of loss.L takes h"],
    ),
}  # fmt: skip


def test_loss_without_a_fault_is_taken():
    assert loss_with(lambda part: part).tensors["tanh1.dL_dout"].kind == "backward"


def test_loss_that_defines_no_gradient_leaves_it_to_the_user():
    network = loss_with(lambda part: replace(part, backward=()))
    assert network.tensors["tanh1.dL_dout"].kind == "given"


@pytest.mark.parametrize("case", BROKEN_LOSSES.values(), ids=BROKEN_LOSSES)
def test_loss_that_breaks_an_invariant_is_refused_by_its_name(case):
    change, words = case
    message = refused(lambda: loss_with(change))
    assert message.startswith('loss "broken": ')
    assert all(word in message for word in words), message


def optimizer_with(change):
    @optimizer("broken")
    @dataclass(frozen=True)
    class Broken:
        lr: float = number(minimum=0)

        def update(self, parameter):
            new = parameter.equation(
                parameter.tensor("new", "after the step"),
                {"w": parameter.w, "g": parameter.gradient, "lr": parameter.rates["lr"]},
                compute=lambda w, g, lr: w - lr * g,
                formula=lambda w, g, lr: f"{w}-{lr}*{g}",
                math=Math("w_new = w - lr · dL/dw"),
            )
            return change(Update((new,), {}))

    return network_with(lambda part: part, training=TRAINING)


def shorter(tensor):
    return replace(tensor, shape=(2,))


def longer_state(update):
    return replace(update, state={"m": replace(update.new, shape=(7,))})


BROKEN_OPTIMIZERS = {
    "letters": (
        lambda update: replace(
            update, equations=(replace(update.equations[-1], compute=lambda w, g: w - g),)
        ),
        ["compute of broken1.w_new takes w, g"],
    ),
    "new-value-of-another-shape": (
        lambda update: replace(
            update, equations=(replace(update.equations[-1], target=shorter(update.new)),)
        ),
        ["broken1.w_new has the shape 2, and the parameter w 3"],
    ),
    "state-of-another-shape": (longer_state, ["has the shape 7, and the parameter w 3"]),
}


def test_optimizer_without_a_fault_is_taken():
    assert "step2.broken1.w_new" in optimizer_with(lambda update: update).tensors


@pytest.mark.parametrize("case", BROKEN_OPTIMIZERS.values(), ids=BROKEN_OPTIMIZERS)
def test_optimizer_that_breaks_an_invariant_is_refused_by_its_name(case):
    change, words = case
    message = refused(lambda: optimizer_with(change))
    assert message.startswith('optimizer "broken": ')
    assert all(word in message for word in words), message
