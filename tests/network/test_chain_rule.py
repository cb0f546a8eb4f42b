"""What the chain rule says of each gradient, against what the page computes it from."""

import re
from dataclasses import replace

import pytest
import tomli_w

import xlbackprop
from tests.support import networks_by_layer as cases
from tests.support.templates import TEMPLATES
from xlbackprop.layout import lay_out
from xlbackprop.notation import to_latex

# The hidden state's share in net is computed from the gradient of net, which has it already.
SHORTER = re.compile(r"dL_dhidden_\d+")


def gradients_in(chain, tensors):
    """Return the names of the gradients that a chain begins with; a sum's stand for all steps."""
    named = re.findall(r"dL/d(\w+) ·", chain)
    found = set()
    for name in named:
        pattern = name[:-1] + r"\d+" if name.endswith("_t") else re.escape(name)
        found |= {one for one in tensors if re.fullmatch(pattern, one.partition("dL_d")[2])}
    return found


def rests_on(equation, equation_of):
    """Return the gradients that an equation rests on, through helpers and links of the page."""
    found = set()
    for source in equation.sources.values():
        made = equation_of.get(source.name)
        if source.short.startswith("dL_d") and source.title.startswith("dL/d"):
            is_gathered = made and source.kind == "link" and len(made.sources) > 1
            found |= rests_on(made, equation_of) if is_gathered else {source.short}
        elif made and source.kind in ("helper", "backward"):
            found |= rests_on(made, equation_of)
    return found


def disputed(network):
    """Return the gradients whose chain names others than their equation rests on."""
    for step in network.steps[:1]:
        for layer in step.layers:
            equation_of = {e.target.name: e for e in layer.equations.backward}
            of_layer = {e.target.short for e in layer.backward()}
            of_layer |= {port.gradient.short for port in layer.equations.outputs}
            for equation in layer.equations.backward:
                chain, short = equation.math.chain, equation.target.short
                if chain and not SHORTER.fullmatch(short):
                    said = gradients_in(chain, of_layer)
                    if said != rests_on(equation, equation_of):
                        yield equation.target.name, said


ONE_OF_EACH = {
    group: next(iter(raws.values()))
    for groups in (cases.LAYERS, cases.SHARING)
    for group, raws in groups.items()
}


def spec_of(raw):
    return xlbackprop.parse_spec(tomli_w.dumps(raw))


@pytest.mark.many(quick=["conv5x5x2", "transformer-block", "batch_norm", "softmax"])
@pytest.mark.parametrize("name", [*TEMPLATES, *ONE_OF_EACH])
def test_chain_names_the_gradients_that_the_equation_rests_on(name):
    spec = spec_of(ONE_OF_EACH[name]) if name in ONE_OF_EACH else xlbackprop.load_spec(name)
    assert not list(disputed(xlbackprop.build_network(spec)))


def test_chain_that_leaves_a_way_out_is_noticed():
    network = xlbackprop.build_network(xlbackprop.load_spec("lstm"))
    (layer,) = network.layers
    short = tuple(
        replace(one, math=replace(one.math, chain=one.math.chain.partition(" + ")[0]))
        for one in layer.equations.backward
    )
    planted = replace(layer, equations=replace(layer.equations, backward=short))
    network = replace(network, steps=(replace(network.steps[0], layers=(planted,)),))
    states = {f"lstm1.dL_dstate_{t}" for t in (0, 1)}
    assert {name for name, _ in disputed(network)} >= states


@pytest.mark.parametrize(
    ("template", "gradient", "chain"),
    [
        ("conv5x5x2", "conv1.dL_dw", "dL/dout · ∂out/∂w"),
        ("mlp-2-2-2", "sigmoid2.dL_dout", "∂L/∂error · ∂error/∂out"),
        ("digit", "dense1.dL_dout", "∂L/∂out"),
        ("lstm", "lstm1.dL_dc_1", "dL/dstate_1 · ∂state_1/∂c_1 + dL/dc_2 · ∂c_2/∂c_1"),
        ("lstm", "lstm1.dL_dw_ih", "Σ(t) dL/dnet_t · ∂net_t/∂w_ih"),
        ("transformer-block", "gelu1.dL_dh", "dL/dinner · ∂inner/∂h + dL/dout · ∂out/∂h"),
        ("residual-block", "stem.dL_dout", ""),  # a sum of copies, as its equation says
    ],
)
def test_chain_is_in_the_letters_of_the_layer(template, gradient, chain):
    network = xlbackprop.build_network(xlbackprop.load_spec(template))
    assert network.equation_of[gradient].math.chain == chain


@pytest.mark.parametrize("name", ["conv5x5x2", "lstm"])
def test_every_chain_and_reason_is_on_the_page_and_in_the_derivation(name):
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    text = xlbackprop.equations(name)
    for sheet in lay_out(network).sheets:
        below = " ".join(line.text.strip() for line in sheet.reasons)
        for heading in sheet.headings:
            equation = network.equation_of.get(heading.tensor.name)
            if equation and equation.math.chain:
                line = f"{heading.tensor.title} = {equation.math.chain}"
                assert heading.text.startswith(f"{line}  ") or line in below
                assert f"    {line}\n" in text
            assert not equation or equation.math.why in below


def test_chain_is_a_product_of_derivatives_in_latex():
    latex = to_latex("dL/dw = dL/dout · ∂out/∂w")
    assert r"\frac{\partial \mathrm{out}}{\partial w}" in latex
    assert "text" not in latex
