"""Layers, losses and optimizers are found by the name that a spec gives, and nothing else is."""

import subprocess
import sys

import pytest

from tests.support.program import environment
from xlbackprop.contract.layer import layer
from xlbackprop.contract.registry import Registry
from xlbackprop.layers import LAYERS
from xlbackprop.losses import LOSSES
from xlbackprop.optimizers import OPTIMIZERS
from xlbackprop.report.outputs import OUTPUTS

REGISTRIES = {"layers": LAYERS, "losses": LOSSES, "optimizers": OPTIMIZERS}


def modules_after(code, **changes):
    """Return the package's modules that are imported once a program has run."""
    code += "\nimport sys; print(*(name for name in sys.modules if name.startswith('xlbackprop')))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_network_imports_the_layers_that_it_has():
    modules = modules_after(
        "from xlbackprop import build_network, load_spec; build_network(load_spec('mlp-2-2-2'))"
    )
    assert {"xlbackprop.layers.dense", "xlbackprop.losses.half_sse"} <= modules
    others = ("layers.conv2d", "layers.gelu", "losses.mse", "optimizers.adam")
    assert not modules & {f"xlbackprop.{other}" for other in others}


@pytest.mark.parametrize("folder", REGISTRIES)
def test_all_are_imported_where_all_are_listed(folder):
    registry = REGISTRIES[folder]
    names = list(registry)
    assert len(names) == len(registry) >= 5
    assert all(name in registry for name in names)
    assert "nosuch" not in registry


@pytest.mark.parametrize("folder", REGISTRIES)
def test_each_stands_in_the_file_of_its_name(folder):
    for name, entry in REGISTRIES[folder].items():
        module = getattr(entry, "cls", entry).__module__
        assert module == f"xlbackprop.{folder}.{name}"


def test_file_without_a_layer_is_no_layer():
    assert "options" not in LAYERS
    assert "common" not in LAYERS
    assert "common" not in LOSSES
    assert "output" not in OUTPUTS


def test_name_that_is_taken_is_refused():
    with pytest.raises(ValueError, match="a layer of type 'relu' is registered already"):
        layer("relu", short="relu")(type("Relu", (), {}))
    registry = Registry("a thing")
    registry.add("one", 1, module=__name__)
    with pytest.raises(ValueError, match="a thing 'one' is registered already"):
        registry.add("one", 2, module=__name__)
    assert dict(registry) == {"one": 1}


PLUGIN = """
from dataclasses import dataclass
from xlbackprop.layers import layer

@layer({name!r}, short="mine")
@dataclass(frozen=True)
class Mine:
    pass
"""


@pytest.fixture
def installed(tmp_path):
    """Return a function that installs a package with a layer of a name, and its folder."""

    def install(name):
        (tmp_path / "my_layers.py").write_text(PLUGIN.format(name=name))
        about = tmp_path / "my_layers-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-layers\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text("[xlbackprop.layers]\nmine = my_layers\n")
        return {"PYTHONPATH": f"{environment()['PYTHONPATH']}:{tmp_path}"}

    return install


def test_layer_of_an_installed_package_is_found(installed):
    code = "from xlbackprop.layers import LAYERS; assert LAYERS['wavelet'].short == 'mine'"
    assert "xlbackprop.layers.relu" in modules_after(code, **installed("wavelet"))
    assert "wavelet" not in LAYERS


def test_layer_of_an_installed_package_does_not_replace_ours(installed):
    code = (
        "from xlbackprop.layers import LAYERS\n"
        "try: list(LAYERS)\n"
        "except ValueError as error: assert 'registered already' in str(error)\n"
        "else: raise AssertionError\n"
        "assert LAYERS['relu'].short == 'relu'"
    )
    modules_after(code, **installed("relu"))
