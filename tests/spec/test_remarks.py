"""A spec that works, but is hardly meant so, is remarked on in one line."""

import pytest
from click.testing import CliRunner

import xlbackprop
from tests.support.specs_and_values import spec_of
from xlbackprop.cli import cli

DENSE = {"type": "dense", "units": 3}


def spec(*layers, loss):
    return spec_of({"name": "x", "input": [2], "layers": [DENSE, *layers], "loss": {"type": loss}})


@pytest.mark.parametrize(
    ("last", "loss"),
    [("softmax", "cross_entropy"), ("sigmoid", "bce_with_logits"), ("softmax", "nll")],
)
def test_what_is_taken_twice_is_remarked_on(last, loss):
    (line,) = spec({"type": last}, loss=loss).remarks
    assert last in line
    assert loss in line
    about = xlbackprop.build_network(spec({"type": last}, loss=loss)).loss.about
    assert about.endswith(line)


@pytest.mark.parametrize(
    ("last", "loss"), [("softmax", "mse"), ("sigmoid", "bce"), ("tanh", "cross_entropy")]
)
def test_what_may_be_meant_is_not(last, loss):
    assert not spec({"type": last}, loss=loss).remarks


def test_build_says_it_in_one_line_and_builds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (
        'name = "x"\ninput = [2]\n[loss]\ntype = "cross_entropy"\n'
        '[[layers]]\ntype = "dense"\nunits = 3\n[[layers]]\ntype = "softmax"\n'
    )
    (tmp_path / "x.toml").write_text(text)
    done = CliRunner().invoke(cli, ["build", "x.toml", "-o", "x.xlsx"])
    assert done.exit_code == 0
    assert done.stderr == (
        "Note: cross_entropy takes the softmax itself: after the layer softmax it is taken twice;"
        " leave that out.\n"
    )
    assert xlbackprop.check("x.xlsx").verdict == "right"
