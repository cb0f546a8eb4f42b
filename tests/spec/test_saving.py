"""A spec saved as files is the same spec, with the same numbers."""

from dataclasses import replace

import numpy as np
import pytest

import xlbackprop
from xlbackprop.network.values import choose_values

TEXT = """
name = "saved"
about = "a spec with numbers"
inputs = {x = [3], y = [3]}
batch = 2
[[layers]]
type = "add"
from = ["x", "y"]
[[layers]]
type = "dense"
units = 2
name = "fc"
[[layers]]
type = "dense"
units = 2
trainable = false
[loss]
type = "mse"
[training]
optimizer = "adam"
lr = 0.1
steps = 2
[names]
"model.fc.weight" = "fc.w"
[values]
style = "normal"
seed = 5
"""


@pytest.fixture
def spec():
    spec = xlbackprop.parse_spec(TEXT)
    arrays = {"fc.w": np.arange(6.0).reshape(2, 3) / 7, "fc.b": [1, 2.5]}
    return replace(spec, values=replace(spec.values, arrays=arrays))


def numbers(spec):
    return choose_values(xlbackprop.build_network(spec))


def test_saved_spec_is_the_same(spec, tmp_path):
    path = spec.save(tmp_path / "net.toml")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net.npz", "net.toml"]
    again = xlbackprop.load_spec(path)
    assert again.to_toml() == spec.to_toml()
    assert again.names == {"model.fc.weight": "fc.w"}
    expected = numbers(spec)
    found = numbers(again)
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
    np.testing.assert_array_equal(found["fc.w"], np.arange(6.0).reshape(2, 3) / 7)


def test_saved_spec_is_saved_again_beside_its_numbers(spec, tmp_path):
    again = xlbackprop.load_spec(spec.save(tmp_path / "net.toml"))
    other = xlbackprop.load_spec(again.save(tmp_path / "other.toml"))
    np.testing.assert_array_equal(numbers(other)["fc.w"], numbers(spec)["fc.w"])
    assert not (tmp_path / "other.npz").exists()
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(xlbackprop.SpecError, match=r"fc\.\w stands in 'net\.npz:fc"):
        again.save(tmp_path / "elsewhere" / "net.toml")
    assert not any((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("existing", ["net.toml", "net.npz"])
def test_existing_file_is_kept(existing, spec, tmp_path):
    (tmp_path / existing).write_text("mine")
    with pytest.raises(xlbackprop.OutputError, match=existing):
        spec.save(tmp_path / "net.toml")
    assert [one.name for one in tmp_path.iterdir()] == [existing]
    spec.save(tmp_path / "net.toml", force=True)
    assert xlbackprop.load_spec(tmp_path / "net.toml").name == "saved"


@pytest.mark.parametrize("table", ["names = 3", "names = {a = 3}"])
def test_names_that_are_none_are_refused(table):
    with pytest.raises(xlbackprop.SpecError, match="names"):
        xlbackprop.parse_spec(f'name = "x"\ninput = [2]\n{table}\n[[layers]]\ntype = "relu"')
