"""Where the answer is not unique, every valid one is accepted, and the report says so."""

import numpy as np
import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill, places_by_index
from tests.support.specs_and_values import spec_of

IDENTITY = {"type": "conv2d", "filters": 1, "kernel": 1, "bias": False}


def book(tmp_path, h, *layers):
    """Build an identity and the layers on h (rows of a plane), under a given upstream of 1, 2, …"""
    h = np.array([h], dtype=float)
    raw = {
        "name": "ties",
        "input": list(h.shape),
        "layers": [IDENTITY, *layers],
        "loss": {"type": "given"},
        "values": {"arrays": {"conv1.h": h.tolist(), "conv1.w": [[[[1]]]]}},
    }
    network = xlbackprop.build_network(spec_of(raw))
    last = network.layers[-1].equations.outputs[0].gradient
    upstream = np.arange(1, last.size + 1, dtype=float).reshape(last.shape)
    raw["values"]["arrays"][last.name] = upstream.tolist()
    return xlbackprop.build(spec_of(raw), tmp_path / "ties.xlsx")


def answer(path, tensor, plane):
    """Type a plane into a tensor, let what follows follow, and return the report."""
    spec_network = xlbackprop.inspect(path)
    assert tensor in {t.name for t in spec_network.tensors}
    truth = arrays_of(path)[tensor]
    plane = np.array(plane, dtype=float).reshape(truth.shape)
    fill(path, {(tensor, i): float(plane[i]) for i in np.ndindex(plane.shape)})
    return xlbackprop.check(path)


def statuses(report, tensor):
    return {c.index[-2:]: c.status for c in report.cells if c.tensor == tensor}


def note_of(report, tensor):
    (result,) = (t for t in report.tensors if t.name == tensor)
    return " ".join(diagnosis["message"] for diagnosis in result.diagnosis)


POOL = {"type": "max_pool2d", "kernel": 2}


def test_page_follows_pytorch_at_a_tie_and_says_which_rule(tmp_path):
    path = book(tmp_path, [[5, 5], [1, 5]], POOL)
    np.testing.assert_array_equal(arrays_of(path)["pool1.dL_dh"], [[[1, 0], [0, 0]]])
    import openpyxl

    texts = [str(row[1].value) for row in openpyxl.load_workbook(path)["pool1"].iter_rows()]
    assert any("first" in text and "PyTorch" in text for text in texts)


@pytest.mark.parametrize(
    "plane",
    [
        pytest.param([[1, 0], [0, 0]], id="first"),
        pytest.param([[0, 0], [0, 1]], id="last"),
        pytest.param([[0.5, 0.5], [0, 0]], id="halves"),
        pytest.param([[0.33, 0.33], [0, 0.33]], id="thirds-typed-with-two-decimals"),
    ],
)
def test_every_way_to_share_a_tied_maximum_is_accepted(tmp_path, plane):
    path = book(tmp_path, [[5, 5], [1, 5]], POOL)
    report = answer(path, "pool1.dL_dh", plane)
    assert statuses(report, "pool1.dL_dh") == {}
    is_pages_own = plane[0][0] == 1
    assert bool(note_of(report, "pool1.dL_dh")) != is_pages_own


@pytest.mark.parametrize(
    "plane",
    [
        pytest.param([[1, 1], [0, 0]], id="all-of-it-twice"),
        pytest.param([[0, 0], [1, 0]], id="to-one-that-is-not-tied"),
        pytest.param([[2, -1], [0, 0]], id="more-than-all"),
        pytest.param([[0, 0], [0, 0]], id="to-none"),
    ],
)
def test_wrong_ways_to_share_a_tied_maximum_are_not_accepted(tmp_path, plane):
    path = book(tmp_path, [[5, 5], [1, 5]], POOL)
    assert "wrong" in statuses(answer(path, "pool1.dL_dh", plane), "pool1.dL_dh").values()


def test_without_a_tie_there_is_one_answer(tmp_path):
    path = book(tmp_path, [[5, 4], [1, 3]], POOL)
    report = answer(path, "pool1.dL_dh", [[0.5, 0.5], [0, 0]])
    assert set(statuses(report, "pool1.dL_dh").values()) == {"wrong"}


def test_another_winner_is_accepted_and_so_is_what_follows_from_it(tmp_path):
    path = book(tmp_path, [[5, 5], [1, 5]], POOL)
    fill(
        path,
        {
            ("pool1.winner", (0, 0, 0)): 3,
            ("pool1.dL_dh", (0, 0, 0)): ("=(K9=0)*M9", 0),
            ("pool1.dL_dh", (0, 1, 1)): ("=(K9=3)*M9", 1),
        },
    )
    report = xlbackprop.check(path)
    assert statuses(report, "pool1.winner") == {}
    assert statuses(report, "pool1.dL_dh") == {}


@pytest.mark.parametrize(
    ("layer", "accepted", "refused"),
    [
        pytest.param({"type": "relu"}, [0, 0.5, 1], [-0.1, 1.1], id="relu"),
        pytest.param(
            {"type": "leaky_relu", "slope": 0.2}, [0.2, 0.6, 1], [0.1, 1.1], id="leaky_relu"
        ),
    ],
)
def test_subgradients_at_the_kink_are_accepted_and_others_are_not(
    tmp_path, layer, accepted, refused
):
    for number, value in enumerate([*accepted, *refused]):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = book(folder, [[0, 2]], layer)
        (name,) = (
            t.name
            for t in xlbackprop.inspect(path).tensors
            if t.name.startswith(("relu1.dL_dh", "leaky1.dL_dh"))
        )
        fill(path, {(name, (0, 0, 0)): value})
        report = xlbackprop.check(path)
        expected = {} if value in accepted else {(0, 0): "wrong"}
        assert statuses(report, name) == expected, value
        is_pages_own = value == accepted[0]
        if value in accepted:
            assert bool(note_of(report, name)) != is_pages_own


def test_report_prints_that_another_answer_was_accepted(tmp_path, capsys):
    from xlbackprop.__main__ import main

    path = book(tmp_path, [[5, 5], [1, 5]], POOL)
    answer(path, "pool1.dL_dh", [[0, 0], [0, 1]])
    main(["check", str(path)])
    assert "another valid answer" in " ".join(capsys.readouterr().out.split())


def test_places_are_those_of_the_contract(tmp_path):
    path = book(tmp_path, [[1, 2], [3, 4]], POOL)
    assert ("pool1.dL_dh", (0, 1, 1)) in places_by_index(path)
