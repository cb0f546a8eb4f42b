"""A network's derivation: complete, in every form well-formed, and harmless."""

import re

import lxml.html
import pytest
import tomli_w

import xlbackprop
from tests.support import networks_by_layer as cases
from tests.support.convolutions import GEOMETRIES, conv_raw
from tests.support.oracles import latex
from tests.support.templates import TEMPLATES
from xlbackprop.derivation import FORMS, derive
from xlbackprop.notation import latex_of

# One network for every layer, loss and optimizer, and what convolutions differ in.
ONE_OF_EACH = {
    group: next(iter(raws.values()))
    for groups in (cases.LAYERS, cases.LOSSES, cases.OPTIMIZERS, cases.SHARING)
    for group, raws in groups.items()
} | {
    f"conv2d-{name}": conv_raw(GEOMETRIES[name], loss="mse")
    for name in ("plain", "batch2-all-together", "more-channels-than-a-formula-holds")
}
BATCHES = {
    f"batch-{group}": cases.LAYERS[group][name]
    for group, name in {
        "gelu": "images-last", "softmax": "images-last", "batch_norm": "images-between",
        "max_pool2d": "batch", "concat": "images", "dense": "sequences", "add": "residual-of-input",
    }.items()
    if name in cases.LAYERS[group]
}  # fmt: skip
NETWORKS = ONE_OF_EACH | BATCHES


def spec_of(raw):
    return xlbackprop.parse_spec(tomli_w.dumps(raw))


def assert_compiles(document, folder):
    complaints = latex.complaints(document, folder)
    assert not complaints, complaints


@pytest.mark.latex
@pytest.mark.parametrize("name", xlbackprop.template_names())
def test_latex_of_template_compiles_without_warnings(name, tmp_path):
    assert_compiles(xlbackprop.equations(name, "latex"), tmp_path)


@pytest.mark.latex
@pytest.mark.parametrize("name", NETWORKS)
def test_latex_of_network_compiles_without_warnings(name, tmp_path):
    assert_compiles(xlbackprop.equations(spec_of(NETWORKS[name]), "latex"), tmp_path)


@pytest.mark.latex
@pytest.mark.parametrize(
    ("planted", "complaint"),
    [
        pytest.param(r"\undefinedcommand", "!", id="error"),
        pytest.param(r"\rule{3\linewidth}{1pt}", "Overfull", id="too-wide"),
        pytest.param(r"\ref{nowhere}", "Warning", id="warning"),
    ],
)
def test_a_document_that_does_not_compile_cleanly_is_noticed(planted, complaint, tmp_path):
    document = xlbackprop.equations("mlp-2-2-2", "latex")
    spoiled = document.replace(r"\end{document}", planted + "\n\\end{document}")
    assert any(complaint in line for line in latex.complaints(spoiled, tmp_path))


@pytest.mark.latex
def test_the_longest_names_compile_without_warnings(tmp_path):
    long = "x" * 24
    layers = [
        {"type": "dense", "units": 2, "name": f"{long}1"},
        {"type": "gelu", "name": f"{long}2"},
        {"type": "add", "name": f"{long}3", "from": [f"{long}1", f"{long}2"]},
    ]
    training = {"optimizer": "adam", "lr": 0.1, "steps": 2}
    raw = cases.network(cases.VECTORS, *layers) | {"name": "n" * 80, "training": training}
    assert_compiles(xlbackprop.equations(spec_of(raw), "latex"), tmp_path)


# Complete.


@pytest.mark.parametrize("name", ["conv5x5x2", "digit", "residual-block", "batch-norm"])
def test_derivation_has_every_equation_of_a_network_once(name):
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    chapters = derive(network).chapters
    derived = [e.target.name for c in chapters for part in c.parts for e in part.equations]
    assert sorted(derived) == sorted(e.target.name for e in network.equations)


@pytest.mark.parametrize("name", ["optimizers-adam", "optimizers-sgd", "xor"])
def test_derivation_of_a_training_has_the_first_step_and_what_is_new_in_the_second(name):
    network = xlbackprop.build_network(xlbackprop.load_spec(name))
    chapters = {chapter.title: chapter for chapter in derive(network).chapters}
    assert list(chapters) == ["Forward pass", "Loss", "Backward pass", "Updates", "Further steps"]
    first = [
        e.target.name
        for title, chapter in chapters.items()
        for part in chapter.parts
        for e in part.equations
        if title != "Further steps"
    ]
    assert sorted(first) == sorted(e.target.name for e in network.steps[0].equations())
    new = [e for part in chapters["Further steps"].parts for e in part.equations]
    assert all(e.target.name.startswith("step2.") for e in new)
    assert {e.target.short for e in new} >= {"w", "b"}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_that_it_is_cross_correlation_and_why_the_filter_is_turned(form):
    text = re.sub(r"\s+", " ", xlbackprop.equations("conv5x5x2", form))
    assert "cross-correlation" in text
    assert "With the filter turned by 180" in text


def test_text_has_each_equation_with_the_sizes_of_its_tensors():
    text = xlbackprop.equations("conv5x5x2")
    assert "dL/dh[c,u,v] = Σ(k,a,b) G[k,u+a,v+b] · R[k,c,a,b]" in text
    assert "dL/dh (gradient for the layer before) 2×5×5, from G 3×7×7, R 3×2×3×3" in text
    assert "G (dL_dout_spread, dL/dout within zeros) 3×7×7, from dL/dout 3×3×3" in text


# Well-formed.


@pytest.mark.parametrize("name", [*TEMPLATES, *NETWORKS])
def test_html_is_one_page_with_every_equation_as_mathml(name):
    spec = spec_of(NETWORKS[name]) if name in NETWORKS else xlbackprop.load_spec(name)
    network = xlbackprop.build_network(spec)
    expected = sum(len(part.equations) for c in derive(network).chapters for part in c.parts)
    page = lxml.html.document_fromstring(xlbackprop.equations(spec, "html"))
    assert len(page.findall(".//math")) == expected
    assert all(math.text_content().strip() for math in page.iterfind(".//math"))
    assert not page.findall(".//script")
    assert not page.findall(".//link")
    assert not [e for e in page.iter() if {"src", "href", "style"} & set(map(str, e.attrib))]
    assert "\\" not in "".join(page.itertext())
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy[0].startswith("default-src 'none'")


@pytest.mark.parametrize("name", [*TEMPLATES, *NETWORKS])
def test_markdown_has_every_equation_between_dollar_signs(name):
    spec = spec_of(NETWORKS[name]) if name in NETWORKS else xlbackprop.load_spec(name)
    chapters = derive(xlbackprop.build_network(spec)).chapters
    latexes = [latex_of(e.math) for c in chapters for part in c.parts for e in part.equations]
    text = xlbackprop.equations(spec, "markdown")
    assert re.findall(r"^\$\$\n(.*)\n\$\$$", text, flags=re.MULTILINE) == latexes
    for brackets in ("{}", "()"):
        assert all(latex.count(brackets[0]) == latex.count(brackets[1]) for latex in latexes)


# Harmless.


EVIL = r"""<script>alert(1)</script> \input{/etc/passwd} $x$ `*_ [a](javascript:b) &amp; \x1b"""


def told_of_itself(form):
    spec = spec_of({**ONE_OF_EACH["dense"], "about": EVIL + "\x1b[31m"})
    return xlbackprop.equations(spec, form)


@pytest.mark.latex
def test_what_a_spec_says_of_itself_compiles(tmp_path):
    assert_compiles(told_of_itself("latex"), tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_what_a_spec_says_of_itself_is_only_text(form):
    text = told_of_itself(form)
    assert "\x1b" not in text
    if form != "text":
        assert "<script>" not in text
    if form == "latex":
        assert r"\input{/etc" not in text
    if form == "markdown":
        assert "[a](" not in text
        assert not re.search(r"(?<!\\)[<`*]", re.sub(r"\$.*?\$", "", text, flags=re.DOTALL))
