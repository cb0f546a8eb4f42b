"""Specs, and arrays of specs, in files."""

import gc
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import xlbackprop
from tests.support.spec_texts import GOOD, complaint, values_of, with_array
from xlbackprop.errors import SpecError
from xlbackprop.network import build_network
from xlbackprop.network.values import choose_values
from xlbackprop.spec import parse_spec

# Arrays in files.


def test_array_is_read_from_npy(tmp_path):
    given = np.arange(50.0).reshape(2, 5, 5)
    np.save(tmp_path / "h.npy", given)
    values = values_of(with_array("conv1.h", '"h.npy"'), tmp_path)
    np.testing.assert_array_equal(values["conv1.h"], given)


def test_array_is_read_from_npz_by_key(tmp_path):
    np.savez(tmp_path / "all.npz", bias=np.array([1, 2, 3]), other=np.zeros(3))
    values = values_of(with_array("conv1.b", '"all.npz:bias"'), tmp_path)
    np.testing.assert_array_equal(values["conv1.b"], [1, 2, 3])


@pytest.mark.parametrize(
    ("tensor", "shape"),
    [("conv1.b", (3,)), ("conv1.h", (2, 5, 5)), ("conv1.w", (3, 2, 3, 3))],
    ids=["vector-in-a-row", "planes-one-below-the-other", "filters-one-below-the-other"],
)
def test_array_is_read_from_csv(tensor, shape, tmp_path):
    given = np.arange(np.prod(shape)).reshape(shape) / 4
    lines = [",".join(map(str, row)) for row in given.reshape(-1, shape[-1]).tolist()]
    (tmp_path / "numbers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    values = values_of(with_array(tensor, '"numbers.csv"'), tmp_path)
    np.testing.assert_array_equal(values[tensor], given)


def test_array_s_file_is_looked_for_beside_the_spec(tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    np.save(tmp_path / "there" / "b.npy", np.array([4, 5, 6]))
    (tmp_path / "there" / "net.toml").write_text(with_array("conv1.b", '"b.npy"'))
    monkeypatch.chdir(tmp_path)
    spec = xlbackprop.load_spec(Path("there", "net.toml"))
    np.testing.assert_array_equal(choose_values(build_network(spec))["conv1.b"], [4, 5, 6])


class Saboteur:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def pickled_npy(folder):
    objects = np.empty(3, dtype=object)
    objects[:] = [Saboteur(folder / "sprung")] * 3
    np.save(folder / "bad.npy", objects, allow_pickle=True)


def cut_npz(folder):
    np.savez(folder / "bad.npz", key=np.arange(3.0))
    whole = (folder / "bad.npz").read_bytes()
    (folder / "bad.npz").write_bytes(whole[: len(whole) // 2])


def garbled_npz(folder):
    np.savez(folder / "bad.npz", key=np.arange(3.0))
    whole = (folder / "bad.npz").read_bytes()
    number = np.float64(2).tobytes()
    (folder / "bad.npz").write_bytes(whole.replace(number, number[::-1]))


def cut_npy(folder):
    np.save(folder / "bad.npy", np.arange(3.0))
    (folder / "bad.npy").write_bytes((folder / "bad.npy").read_bytes()[:-5])


def npz_named_npy(folder):
    np.savez(folder / "good.npz", key=np.arange(3.0))
    (folder / "good.npz").rename(folder / "bad.npy")


def npy_named_npz(folder):
    np.save(folder / "good.npy", np.arange(3.0))
    (folder / "good.npy").rename(folder / "bad.npz")


def claims_a_terabyte(folder):
    np.save(folder / "bad.npy", np.zeros(3))
    whole = (folder / "bad.npy").read_bytes()
    shape, larger = b"(3,), }" + b" " * 11, b"(" + b"9" * 12 + b",), }"
    assert whole.count(shape) == 1
    (folder / "bad.npy").write_bytes(whole.replace(shape, larger))


def writes(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def saves(array):
    return lambda folder: np.save(folder / "bad.npy", np.array(array))


def pickles(folder):
    (folder / "bad.npz").write_bytes(pickle.dumps(Saboteur(folder / "sprung")))


@pytest.mark.parametrize(
    ("source", "prepare"),
    [
        pytest.param("bad.npy", lambda _: None, id="npy-missing"),
        pytest.param("bad.npy", lambda folder: (folder / "bad.npy").mkdir(), id="npy-folder"),
        pytest.param("bad.npy", writes("bad.npy", b""), id="npy-empty"),
        pytest.param("bad.npy", writes("bad.npy", b"1, 2, 3"), id="npy-of-text"),
        pytest.param("bad.npy", writes("bad.npy", b"\x93NUMPY\x01\x00\xff"), id="npy-head-only"),
        pytest.param("bad.npy", cut_npy, id="npy-cut"),
        pytest.param("bad.npy", pickled_npy, id="npy-pickled"),
        pytest.param("bad.npy", npz_named_npy, id="npy-is-npz"),
        pytest.param("bad.npy", claims_a_terabyte, id="npy-claims-a-terabyte"),
        pytest.param("bad.npy", saves([1, 2]), id="npy-wrong-shape"),
        pytest.param("bad.npy", saves([1, 2, np.nan]), id="npy-nan"),
        pytest.param("bad.npy", saves(["1", "2", "3"]), id="npy-texts"),
        pytest.param("bad.npy", saves([1j, 2, 3]), id="npy-complex"),
        pytest.param("bad.npy", saves(np.zeros(3, dtype="i4, i4")), id="npy-records"),
        pytest.param("bad.npz:key", lambda _: None, id="npz-missing"),
        pytest.param("bad.npz:key", writes("bad.npz", b""), id="npz-empty"),
        pytest.param("bad.npz:key", writes("bad.npz", b"PK\x03\x04"), id="npz-head-only"),
        pytest.param("bad.npz:key", pickles, id="npz-pickled"),
        pytest.param("bad.npz:key", cut_npz, id="npz-cut"),
        pytest.param("bad.npz:key", garbled_npz, id="npz-garbled"),
        pytest.param("bad.npz:key", npy_named_npz, id="npz-is-npy"),
        pytest.param("bad.csv", lambda _: None, id="csv-missing"),
        pytest.param("bad.csv", writes("bad.csv", b""), id="csv-empty"),
        pytest.param("bad.csv", writes("bad.csv", b"1,two,3"), id="csv-text"),
        pytest.param("bad.csv", writes("bad.csv", b"1,2\n3,4,5"), id="csv-ragged"),
        pytest.param("bad.csv", writes("bad.csv", b"1,2,nan"), id="csv-nan"),
        pytest.param("bad.csv", writes("bad.csv", b"1,2,\xff"), id="csv-not-utf-8"),
        pytest.param("bad.csv", writes("bad.csv", b"1,2,\x00"), id="csv-null"),
        pytest.param("bad.csv", writes("bad.csv", b"9" * 200_000), id="csv-giant-field"),
        pytest.param("bad.txt", writes("bad.txt", b"1,2,3"), id="other-extension"),
        pytest.param("bad", writes("bad", b"1,2,3"), id="no-extension"),
        pytest.param("", lambda _: None, id="no-name"),
    ],
)
def test_array_s_file_that_cannot_be_used_is_refused_with_the_tensor(source, prepare, tmp_path):
    prepare(tmp_path)
    assert "conv1.b" in complaint(with_array("conv1.b", f'"{source}"'), tmp_path)
    gc.collect()  # a file that was left open is noticed here
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("source", ["bad.npz:nokey", "bad.npz", "bad.npz:"])
def test_array_s_key_that_is_not_in_the_file_is_named(source, tmp_path):
    np.savez(tmp_path / "bad.npz", key=np.arange(3.0))
    assert source in complaint(with_array("conv1.b", f'"{source}"'), tmp_path)


def test_array_s_file_that_is_missing_is_named(tmp_path):
    assert "nowhere.npy" in complaint(with_array("conv1.b", '"nowhere.npy"'), tmp_path)


@pytest.mark.parametrize("source", ["b.npy", "/etc/passwd", "b.csv"])
def test_array_s_file_is_refused_where_the_spec_has_no_folder(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("b.npy", np.arange(3.0))
    Path("b.csv").write_text("1,2,3\n")
    assert "conv1.b" in complaint(with_array("conv1.b", f'"{source}"'))


# Specs in files.


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"\xff\xfe\x00", id="not-utf-8"),
        pytest.param(b"name = \n", id="broken"),
    ],
)
def test_spec_s_file_that_cannot_be_used_is_refused_with_its_name(content, tmp_path):
    path = tmp_path / "mynet.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecError, match="mynet") as caught:
        xlbackprop.load_spec(path)
    assert str(caught.value).isprintable()


def test_folder_in_place_of_a_spec_is_refused(tmp_path):
    with pytest.raises(SpecError):
        xlbackprop.load_spec(tmp_path)


def test_template_s_name_misspelt_suggests_the_right_one():
    with pytest.raises(SpecError, match="conv5x5x2"):
        xlbackprop.load_spec("conv5x5x3")


def test_good_spec_builds_a_workbook(tmp_path):
    path = xlbackprop.build(parse_spec(GOOD), tmp_path / "good.xlsx")
    assert zipfile.is_zipfile(path)
    assert xlbackprop.check(path).verdict == "right"
