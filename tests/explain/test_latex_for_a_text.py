"""LaTeX to be put into a text of one's own: the body alone, labels, numbers, deltas."""

import re

import numpy as np
import pytest
import tomli_w

import xlbackprop
from tests.support import networks_by_layer as cases
from tests.support.oracles import latex
from xlbackprop.__main__ import main
from xlbackprop.derivation import derive
from xlbackprop.network.values import choose_values

HOST = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern,amsmath,graphicx}
\begin{document}
%s
\end{document}
"""
FORMS = {"body": True, "numbers": True, "delta": True}
NETWORKS = {
    group: next(iter(raws.values()))
    for groups in (cases.LAYERS, cases.LOSSES, cases.OPTIMIZERS, cases.SHARING)
    for group, raws in groups.items()
}


def equations_of(name):
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    return [e for c in derive(network).chapters for part in c.parts for e in part.equations]


@pytest.mark.many(quick=["conv5x5x2", "optimizers-sgd"])
@pytest.mark.parametrize("name", ["conv5x5x2", "optimizers-sgd", "residual-block"])
def test_body_has_a_label_for_every_equation(name):
    body = xlbackprop.equations(name, "latex", body=True)
    labels = re.findall(r"\\label\{(.*?)\}", body)
    named = [f"eq:{re.sub('[._]', '-', e.target.name)}" for e in equations_of(name)]
    assert labels == named
    assert len(set(labels)) == len(labels)
    assert "documentclass" not in body
    assert "begin{document}" not in body


def test_chain_rule_comes_before_its_result():
    body = xlbackprop.equations("conv5x5x2", "latex", body=True)
    before, after = body.split(r"\label{eq:conv1-dL-dw}")
    step = r"\frac{\partial L}{\partial w} = \frac{\partial L}{\partial \mathrm{out}}"
    assert step in before.rpartition(r"\begin{minipage}{\dimexpr\linewidth-5mm}")[2]
    assert r"\frac{\partial L}{\partial w_{k,c,a,b}} = \sum_{i,j}" in after[:200]


def numbers_after(text):
    """The numbers of the matrices that come next, and of single numbers where there are none."""
    paragraph = text.partition(r"\lineskiplimit")[2].partition(r"\par}")[0]
    shown = re.findall(r"\\mbox\{\\fit\{[^=]* = (.*?)\}\}\\quad", paragraph, re.DOTALL)
    bare = [re.sub(r"\\(begin|end)\{bmatrix\}", "", one) for one in shown]
    numbers = [re.sub(r" \\cdot 10\^\{(-?\d+)", r"e\1", one).replace("}", "") for one in bare]
    return [float(part) for one in numbers for part in re.split(r"&|\\\\", one)]


@pytest.mark.many(quick=["mlp-2-2-2", "conv5x5x2"])
@pytest.mark.parametrize("name", ["mlp-2-2-2", "conv5x5x2", "gru"])
def test_matrices_are_the_numbers_of_the_workbook(name):
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    arrays = network.evaluate(choose_values(network))
    body = xlbackprop.equations(name, "latex", body=True, numbers=True)
    parts = re.split(r"\\label\{eq:.*?\}", body)[1:]
    for equation, part in zip(equations_of(name), parts, strict=True):
        expected = arrays[equation.target.name].ravel()
        off = max(0.005 * np.abs(expected).max(initial=0), 0.51e-4)
        np.testing.assert_allclose(numbers_after(part), expected, atol=off)


def test_given_numbers_come_first_and_large_tensors_are_said():
    body = xlbackprop.equations("conv7x7x3-stride2", "latex", body=True, numbers=True)
    given, _, derived = body.partition(r"\section*{Forward pass}")
    assert "$w$ (filters) of conv1" in given
    assert "\\begin{bmatrix}" in given
    assert r"$P$: 3$\times$9$\times$9, 243 numbers, not printed" in derived


def test_gradients_are_deltas_on_request():
    plain = xlbackprop.equations("two-conv", "latex")
    deltas = xlbackprop.equations("two-conv", "latex", delta=True)
    assert r"\partial L" in plain
    assert r"\delta" not in plain
    assert deltas.count(r"\partial L") == 1  # where it is said what a delta is
    assert r"\delta^{\mathrm{relu1}}_{h}" in deltas
    # Names are what a book has: a layer stands above its tensor, not before a fraction.
    assert r"\frac{\partial L}{\partial h^{\mathrm{relu1}}" in plain
    assert not re.search(r"\\mathrm\{\w+\.\}", plain + deltas)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
@pytest.mark.parametrize("option", FORMS)
def test_only_latex_has_them(form, option):
    with pytest.raises(ValueError, match=f"are for latex, not for {form}"):
        xlbackprop.equations("conv5x5x2", form, **{option: True})


def test_command_writes_a_body_and_refuses_other_forms_in_one_line(capsys):
    assert main(["equations", "mlp-2-2-2", "--latex", "--body", "--numbers", "--delta"]) == 0
    assert capsys.readouterr().out == xlbackprop.equations("mlp-2-2-2", "latex", **FORMS)
    assert main(["equations", "mlp-2-2-2", "--body"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "--latex" in err
    assert "Traceback" not in err


@pytest.mark.latex
def test_body_is_put_into_a_text_that_refers_to_its_equations(tmp_path):
    body = xlbackprop.equations("mlp-2-2-2", "latex", body=True, numbers=True)
    (tmp_path / "derivation.tex").write_text(body)
    text = HOST % r"By \eqref{eq:dense2-dL-dw}, not \eqref{eq:loss-L}. \input{derivation}"
    assert latex.complaints(text, tmp_path, runs=2) == []
    unknown = text.replace("dense2-dL-dw", "dense7-dL-dw")
    assert any("dense7" in line for line in latex.complaints(unknown, tmp_path))


@pytest.mark.latex
def test_deltas_and_matrices_of_every_layer_loss_and_optimizer_compile(tmp_path):
    bodies = [
        xlbackprop.equations(xlbackprop.parse_spec(tomli_w.dumps(raw)), "latex", **FORMS)
        for raw in NETWORKS.values()
    ]
    assert len(bodies) > 50
    text = re.sub(r"\\label\{.*?\}", "", "\n".join(bodies))
    assert latex.complaints(HOST % text, tmp_path) == []


@pytest.mark.latex
def test_document_with_numbers_compiles_as_it_is(tmp_path):
    document = xlbackprop.equations("attention", "latex", numbers=True, delta=True)
    assert latex.complaints(document, tmp_path) == []
