"""Maps in files: read, written, and given to the commands."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xlbackprop
from tests.support.handmade import build
from tests.support.mapped import CONV, SHEETS, addresses
from tests.support.program import ROOT
from xlbackprop.__main__ import main
from xlbackprop.errors import MapError
from xlbackprop.find.mapping import (
    Map,
    Placement,
    StepDistance,
    load_map,
    map_of,
    parse_map,
    places_of,
)
from xlbackprop.formula.places import Places


def test_map_in_a_file_is_named_in_its_errors(tmp_path):
    (tmp_path / "mine.toml").write_text("[tensors]\nb = 3\n")
    with pytest.raises(MapError, match=r'^mine.toml: \[tensors\] "b": range = 3'):
        load_map(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    "content", [None, b"\xff\xfe\x00", b"#" * 9_000_000], ids=["missing", "bytes", "long"]
)
def test_map_that_cannot_be_read_is_refused(content, tmp_path):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MapError, match=r"mine\.toml"):
        load_map(path)


def test_folder_in_place_of_a_map_is_refused(tmp_path):
    with pytest.raises(MapError, match="cannot be read"):
        load_map(tmp_path)


def test_map_survives_being_written():
    told = Map(
        {
            "conv1.w": Placement(("A1:C6", "'It''s \"x\"'!A1"), stacked="rows", step=4),
            "conv1.out": Placement(("N3:P11",), order="ijk"),
            "loss.L": Placement(("\u00e9\\n!B2",)),
            "conv1.dL_dw": Placement(("B2:C3",), transpose=True),
        },
        "net.toml",
        "Sheet 1",
        StepDistance(2, 3),
    )
    assert parse_map(told.to_toml()) == told


@st.composite
def scattered(draw):
    """Draw places of all kinds for a tensor: in order, transposed, or anywhere."""
    name = draw(st.sampled_from(["conv1.out", "conv1.w", "conv1.b", "loss.L", "conv1.h"]))
    shape = CONV.tensors[name].shape
    axes = draw(st.permutations(range(len(shape))))
    moved = [shape[axis] for axis in axes]
    width = draw(st.sampled_from([int(np.prod(moved[n:])) for n in range(len(moved) + 1)]))
    flat = np.arange(int(np.prod(shape)))
    if draw(st.booleans()):
        flat = draw(st.permutations(flat.tolist()))
    rows, columns = np.divmod(np.array(flat, dtype=np.int32), width)

    def in_order(numbers):
        return numbers.reshape(moved).transpose(np.argsort(axes)) if axes else numbers.reshape(())

    corner = draw(st.tuples(st.integers(0, 50), st.integers(0, 50)))
    zeros = np.zeros(shape, np.int32)
    return name, Places(
        ("It's ∂L",), zeros, in_order(rows) + corner[0], in_order(columns) + corner[1]
    )


@given(scattered())
@settings(max_examples=150, deadline=None)
def test_map_made_from_places_leads_back_to_them(case):
    name, places = case
    written = map_of(CONV, {name: places}, "conv5x5x2").to_toml()
    (again,) = places_of(parse_map(written), CONV, SHEETS).values()
    assert (addresses(again) == addresses(places)).all()


def test_network_that_nobody_names_is_asked_for(tmp_path):
    foreign = build("conv5x5x2", "side-by-side", tmp_path)
    nameless = parse_map(foreign.map.replace('spec = "conv5x5x2"', ""))
    with pytest.raises(MapError, match="which network"):
        xlbackprop.check(foreign.path, map=nameless)


def test_parameter_that_neither_map_nor_spec_has_is_asked_for(tmp_path):
    foreign = build("two-conv", "side-by-side", tmp_path)
    few = {n: p for n, p in parse_map(foreign.map).tensors.items() if n != "conv1.w"}
    with pytest.raises(MapError, match=r"conv1\.w is missing, from which .* is computed"):
        xlbackprop.check(foreign.path, map=Map(few, "two-conv", "Sheet1"))


def test_map_of_givens_only_is_refused(tmp_path):
    foreign = build("two-conv", "side-by-side", tmp_path)
    few = {"conv1.w": parse_map(foreign.map).tensors["conv1.w"]}
    with pytest.raises(MapError, match="nothing to check"):
        xlbackprop.check(foreign.path, map=Map(few, "two-conv", "Sheet1"))


def test_map_in_the_documentation_says_what_it_means():
    page = (ROOT / "docs" / "own-workbooks.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(spec = .*?)```", page, flags=re.DOTALL)
    places = places_of(parse_map(text), CONV, ["Sheet1", "Grad"], {"my_loss": "Sheet1!$A$1"})
    assert set(places) == {t.name for t in CONV.tensors.values()} - {
        "conv1.out", "conv1.dL_dh", "conv1.dL_dout_spread", "conv1.w_rotated"
    }  # fmt: skip
    assert places["conv1.w"].at((1, 1, 0, 2)) == ("Sheet1", "J15")
    assert places["conv1.dL_dout"].at((2, 1, 0)) == ("Sheet1", "P6")
    assert places["conv1.dL_dw"].at((0, 1, 0, 2)) == ("Grad", "B7")
    assert places["loss.L"].at(()) == ("Sheet1", "A1")


def run(capsys, *words):
    status = main([str(word) for word in words])
    return status, *capsys.readouterr()


@pytest.mark.parametrize("command", ["check", "inspect"])
def test_command_with_a_map_that_does_not_fit_says_so_in_one_line(command, tmp_path, capsys):
    foreign = build("conv5x5x2", "side-by-side", tmp_path)
    (tmp_path / "own.toml").write_text('spec = "conv5x5x2"\n[tensors]\nb = "Sheet9!A1:A3"\n')
    status, out, err = run(capsys, command, foreign.path, "--map", tmp_path / "own.toml")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "own.toml" in err
    assert "no sheet 'Sheet9'" in err


def test_check_with_a_map_prints_the_verdict(tmp_path, capsys):
    foreign = build("conv5x5x2", "named-ranges", tmp_path)
    (tmp_path / "own.toml").write_text(foreign.map)
    status, out, err = run(capsys, "check", foreign.path, "--map", tmp_path / "own.toml")
    assert (status, err) == (0, "")
    assert "RIGHT (135 right)" in " ".join(out.split())  # a long path breaks the line


def test_spec_is_looked_for_beside_the_map(tmp_path, capsys):
    (tmp_path / "nets").mkdir()
    foreign = build("mlp-2-2-2", "transposed", tmp_path)
    text = xlbackprop.load_spec("mlp-2-2-2").to_toml()
    (tmp_path / "nets" / "mine.toml").write_text(text)
    told = foreign.map.replace('spec = "mlp-2-2-2"', 'spec = "mine.toml"')
    (tmp_path / "nets" / "own.toml").write_text(told)
    words = ["check", foreign.path, "--map", tmp_path / "nets" / "own.toml"]
    assert run(capsys, *words)[0] == 0


@pytest.mark.parametrize("layout", ["filters-stacked", "channels-last"])
def test_inspect_shows_what_a_map_means(layout, tmp_path):
    foreign = build("conv5x5x2", layout, tmp_path)
    inspection = xlbackprop.inspect(foreign.path, map=parse_map(foreign.map))
    assert [tensor.name for tensor in inspection.tensors] == [
        name for name in CONV.tensors if name in foreign.places
    ]
    for tensor in inspection.tensors:
        for block in tensor.blocks:
            own = foreign.places[tensor.name]
            first = (*block.index, *[0] * (len(tensor.shape) - len(block.index)))
            last = (*block.index, *[n - 1 for n in tensor.shape[len(block.index) :]])
            corners = dict.fromkeys((own.at(first)[1], own.at(last)[1]))
            assert (block.sheet, block.range) == (own.at(first)[0], ":".join(corners))
