"""The tables of docs/ are what the code says; nothing that the program has is missing in them."""

import pytest

import xlbackprop
from tests.support.program import ROOT
from tests.tools import reference, regions
from tests.tools.regions import DOCS
from xlbackprop.cli import cli
from xlbackprop.layers import LAYERS
from xlbackprop.losses import LOSSES
from xlbackprop.optimizers import OPTIMIZERS

LAYERS_PAGE = DOCS / "layers.md"


def test_tables_are_those_that_the_code_makes():
    outdated = regions.outdated(reference.TOOL, reference.MAKERS)
    assert not outdated, f"python -m {reference.TOOL} changes {', '.join(outdated)}"


def test_every_table_stands_on_one_page():
    found = [
        name
        for page in DOCS.glob("*.md")
        for name in regions.names_in(page.read_text(encoding="utf-8"), reference.TOOL)
    ]
    assert sorted(found) == sorted(reference.MAKERS)


def test_changed_default_is_noticed(tmp_path):
    """A page that says something else than the code is outdated."""
    text = LAYERS_PAGE.read_text(encoding="utf-8")
    assert "| `slope` | a number | `0.01` |" in text
    (tmp_path / "layers.md").write_text(text.replace("`0.01` | what neg", "`0.02` | what neg"))
    assert regions.outdated(reference.TOOL, reference.MAKERS, tmp_path) == ["layers.md"]


@pytest.mark.parametrize("type_name", [*LAYERS, *LOSSES, *OPTIMIZERS])
def test_every_layer_loss_and_optimizer_is_in_the_reference(type_name):
    assert f"\n### `{type_name}`\n" in LAYERS_PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", cli.list_commands(None))
def test_every_command_is_in_the_reference(command):
    assert f"`xlbackprop {command} " in (DOCS / "commands.md").read_text(encoding="utf-8")


def test_every_option_has_a_meaning_and_no_other_has():
    classes = [one.cls for one in LAYERS.values()] + [*LOSSES.values(), *OPTIMIZERS.values()]
    used = {option.name for cls in classes for option in reference.options_of(cls)}
    assert used == set(reference.OPTIONS)


@pytest.mark.parametrize(
    "key", ["name", "about", "input", "batch", "[[layers]]", "[loss]", "[training]", "[values]"]
)
def test_key_of_a_spec_is_in_the_reference(key):
    assert f"| `{key}` |" in (DOCS / "spec.md").read_text(encoding="utf-8")


def test_everything_exported_is_in_the_reference():
    text = (DOCS / "library.md").read_text(encoding="utf-8")
    assert [n for n in xlbackprop.__all__ if n != "__version__" and f"| `{n}` |" not in text] == []


def test_changes_are_kept():
    assert "\n## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
