"""Equations in LaTeX: the same tensors as in the line on the page, and readable."""

import re

import pytest

from tests.support.every_network import CASES, network_of
from xlbackprop.notation import latex_of, prose, to_latex
from xlbackprop.notation.reader import read

LINES = {
    "out[k,i,j] = Σ(c,a,b) h[c,2i+a,j+b] · w[k,c,a,b] + b[k]": (
        r"\mathrm{out}_{k,i,j} = \sum_{c,a,b} h_{c,2i + a,j + b}\, w_{k,c,a,b} + b_{k}"
    ),
    "dL/dh[j] = dL/dout[j] where h[j] > 0, otherwise 0": (
        r"\frac{\partial L}{\partial h_{j}} = \begin{cases}"
        r" \dfrac{\partial L}{\partial \mathrm{out}_{j}} & \ \text{where}\ h_{j} > 0 \\"
        r" 0 & \ \text{otherwise} \end{cases}"
    ),
    "P[c,i+1] = h[c,i], zero elsewhere": r"P_{c,i + 1} = h_{c,i},\quad \text{zero elsewhere}",
    "L = ½ Σ(k) error[k]² / 3": (
        r"L = \frac{1}{2 \cdot 3}\, \sum_{k} \mathrm{error}_{k}^{2}"
    ),
    "w_new = w - lr · dL/dw / (√w_v + eps)": (
        r"w_{\mathrm{new}} = w - \frac{\mathrm{lr}}{\sqrt{w_{v}} + \varepsilon}\,"
        r" \frac{\partial L}{\partial w}"
    ),
    "w_v = (1 - beta2) · dL/dw²": (
        r"w_{v} = (1 - \beta_{2})\, \left(\frac{\partial L}{\partial w}\right)^{2}"
    ),
    "max[n] = max(k) out[n,k]": r"\mathrm{max}_{n} = \max_{k} \mathrm{out}_{n,k}",
    "out[j] = max(h[j], 0)": r"\mathrm{out}_{j} = \max(h_{j},0)",
    "out[t,e] = w[h[t],e]": r"\mathrm{out}_{t,e} = w_{h_{t},e}",
    "dL/dout = step2.conv1.dL_dh": (
        r"\frac{\partial L}{\partial \mathrm{out}} ="
        r" \frac{\partial L}{\partial h^{\mathrm{step2.conv1}}}"
    ),
    "inv_std = 1 / √(var + 1E-05)": (
        r"\mathrm{inv\_std} = \frac{1}{\sqrt{\mathrm{var} + 10^{-5}}}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_line_in_latex(line):
    assert to_latex(line) == LINES[line]


@pytest.mark.many(quick=[*CASES][::4])
@pytest.mark.parametrize("name", CASES)
def test_every_equation_is_understood(name):
    for equation in network_of(name).equations:
        assert read(equation.math.text)
        assert read(equation.math.full or equation.math.text) == latex_of(equation.math)


@pytest.mark.many(quick=[*CASES][::4])
@pytest.mark.parametrize("name", CASES)
def test_every_equation_begins_with_its_target(name):
    for equation in network_of(name).equations:
        for line in filter(None, [equation.math.text, equation.math.full]):
            left = re.split(r" = |\[", line)[0]
            assert left == equation.target.title, line


def test_a_line_that_is_not_understood_is_a_sentence():
    assert to_latex("out = h & 50% {of it}") == r"\text{out = h \& 50\% \{of it\}}"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        pytest.param("a_b & c", r"a\_\allowbreak{}b \& c", id="special"),
        pytest.param(r"\input{x}", r"\textbackslash{}input\{x\}", id="command"),
        pytest.param("180° é \x07 漢", r"180$^\circ$ é ? ?", id="characters"),
    ],
)
def test_prose_is_harmless(text, latex):
    assert prose(text) == latex
