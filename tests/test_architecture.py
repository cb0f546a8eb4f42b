"""The house itself: rooms whose imports run one way, small files, no circles, lint is clean."""

import re
import subprocess
import sys

import pytest

import xlbackprop
from tests.support.program import ROOT
from tests.tools import house_rules, reference
from tests.tools.house import ROOMS, House

# What one can take in at a glance: a folder, a file, a function.
MOST_ENTRIES = 27  # with models; with saving, which spec and all above it use; and with web
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40


@pytest.fixture(scope="module")
def house():
    """The package as it is."""
    return House()


@pytest.fixture
def planted(tmp_path):
    """Return a function that makes a house of given files, by their paths in the package."""

    def plant(**sources):
        for name, source in sources.items():
            path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            for folder in path.relative_to(tmp_path).parents:
                (tmp_path / folder / "__init__.py").touch()
            path.write_text(source)
        return House(tmp_path)

    return plant


def test_every_room_is_listed(house):
    assert set(house.rooms) == set(ROOMS)


def test_imports_run_one_way(house):
    assert not house_rules.upward(house)


def test_import_in_the_wrong_direction_is_noticed(planted):
    house = planted(
        layers__mine="from xlbackprop.workbook.read import open_workbook",
        contract__late="def f():\n    import xlbackprop.layers.mine",
        workbook__read__pages="from xlbackprop.layers import LAYERS",
        find__typed="if TYPE_CHECKING:\n    from xlbackprop.judge import review",
        find__beside="from ..report import page",
        spec__whole="import xlbackprop",
    )
    assert house_rules.upward(house) == [
        "xlbackprop.contract.late imports xlbackprop.layers.mine",
        "xlbackprop.find.beside imports xlbackprop.report",
        "xlbackprop.find.typed imports xlbackprop.judge",
        "xlbackprop.layers.mine imports xlbackprop.workbook.read",
        "xlbackprop.spec.whole imports xlbackprop",
    ]


def test_no_import_runs_in_a_circle(house):
    assert not house_rules.circle(house)


def test_circle_is_noticed(planted):
    house = planted(
        layers__conv="from xlbackprop.layers.common import slips",
        layers__common__slips="if TYPE_CHECKING:\n    from xlbackprop.layers.conv import Conv",
    )
    assert set(house_rules.circle(house)) == {
        "xlbackprop.layers.conv", "xlbackprop.layers.common.slips"
    }  # fmt: skip


def test_no_folders_beside_each_other_import_in_a_circle(house):
    assert not house_rules.circle_of_folders(house)


def test_circle_of_folders_is_noticed(planted):
    house = planted(
        find__mapping__reading="from xlbackprop.find.locate.labels import labels",
        find__mapping__writing="",
        find__locate__labels="",
        find__locate__guess="from xlbackprop.find.mapping import writing",
    )
    assert not house_rules.circle(house)
    assert set(house_rules.circle_of_folders(house)) == {"find/mapping", "find/locate"}


def test_nothing_private_is_taken_from_another_module(house):
    assert not house_rules.private_imports(house)


def test_private_name_taken_from_another_module_is_noticed(planted):
    house = planted(
        spec__toml="_lines = 1",
        spec__names="from xlbackprop.spec.toml import _lines, __doc__",
        spec__whole="from xlbackprop.spec import toml\nprint(toml._lines, toml.__name__)",
        spec__own="class A:\n    def f(self):\n        return self._lines",
        spec__module="from xlbackprop.spec._hidden import lines",
    )
    assert house_rules.private_imports(house) == [
        "xlbackprop.spec.module takes xlbackprop.spec._hidden.lines",
        "xlbackprop.spec.names takes xlbackprop.spec.toml._lines",
        "xlbackprop.spec.whole takes xlbackprop.spec.toml._lines",
    ]


def test_folder_files_and_functions_are_small(house):
    assert len(house_rules.entries(house)) <= MOST_ENTRIES
    assert not house_rules.long_files(house, MOST_LINES_OF_A_FILE)
    assert not house_rules.long_functions(house, MOST_LINES_OF_A_FUNCTION)


def test_large_folder_file_and_function_are_noticed(planted):
    body = "    x = 1\n" * 3
    house = planted(spec__long=f"def f():\n{body}\n\nclass A:\n    async def g(self): pass\n")
    assert house_rules.entries(house) == ["__init__.py", "spec"]
    assert house_rules.long_files(house, 7) == ["spec/long.py has 8 lines"]
    assert not house_rules.long_files(house, 8)
    assert house_rules.long_functions(house, 3) == ["xlbackprop.spec.long.f has 4 lines"]
    assert not house_rules.long_functions(house, 4)


def test_layers_losses_and_optimizers_keep_no_state(house):
    assert not house_rules.changed_attributes(house, ("layers", "losses", "optimizers"))


def test_attribute_that_is_changed_later_is_noticed(planted):
    source = """
class Pad:
    def __init__(self):
        self.h = 1
    def forward(self):
        self.h, other = 2, 3
        self.n += 1
        yield self.h
"""
    house = planted(layers__pad=source, network__pad=source)
    assert house_rules.changed_attributes(house, ("layers",)) == [
        "xlbackprop.layers.pad.forward sets self.h",
        "xlbackprop.layers.pad.forward sets self.n",
    ]


def test_public_functions_say_which_errors_they_raise(house):
    assert not house_rules.unsaid_errors(house)


def test_error_that_no_docstring_mentions_is_noticed(planted):
    house = planted(
        errors="class OurError(Exception): ...\nclass SizeError(OurError): ...",
        spec__toml='''
def silent(): raise SizeError("too large")
def plain(): """Raises SizeError."""; raise SizeError("too large")
def of_a_kind(): """Raises OurError."""; raise SizeError
def others(): raise ValueError
def _private(): raise SizeError
class Reader:
    """Reads; raises SizeError."""
    def read(self): raise SizeError
    def close(self): raise OurError
''',
    )
    assert house_rules.unsaid_errors(house) == [
        "xlbackprop.spec.toml.silent raises SizeError",
        "xlbackprop.spec.toml.close raises OurError",
    ]


def test_drawing_says_what_needs_what(house):
    """Each arrow is an import, and what a room needs is what the arrows lead to."""
    drawn = house.drawn()
    assert all(set(others) <= house.rooms[room] for room, others in drawn.items())

    def led_to(room):
        return set(drawn[room]).union(*map(led_to, drawn[room]))

    assert {room: led_to(room) for room in ROOMS} == {room: house.below(room) for room in ROOMS}
    arrows = re.findall(r"^    .* --> .*$", reference.drawing(house), re.MULTILINE)
    assert len(arrows) == sum(map(len, drawn.values()))


def test_drawing_and_table_change_with_the_imports(planted):
    files = {
        "errors": "",
        "equation__tensor": "",
        "layers__conv": "from xlbackprop.equation import tensor",
        "network__graph": "from xlbackprop import errors\nfrom xlbackprop.layers import conv",
    }
    before = planted(**files)
    assert before.drawn() == {
        "__init__": [], "errors": [], "equation": [], "layers": ["equation"],
        "network": ["errors", "layers"],
    }  # fmt: skip
    assert "    network --> errors" in reference.drawing(before)
    files["layers__conv"] += "\nimport xlbackprop.errors"
    after = planted(**files)
    assert after.drawn()["network"] == ["layers"]
    assert "    network --> errors" not in reference.drawing(after)
    assert "| `layers` |  | `errors`, `equation` |" in reference.rooms(after)
    assert "| `layers` |  | `errors`, `equation` |" not in reference.rooms(before)


def test_places_that_the_documentation_names_are_there(house):
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_.]+)+/?)`", page))
    assert {"find/locate/captions/labels.py", "judge/gradients/edits/", "find/gradients"} <= named
    places = [house.folder, ROOT]
    assert not {name for name in named if not any(is_there(one / name) for one in places)}


def is_there(path):
    return path.exists() or path.with_suffix(".py").exists()


def test_only_the_workbook_room_knows_the_file_format(house):
    assert len(house.modules) > 200
    for module in house.modules.values():
        if module.room not in ("workbook", "formula"):
            assert "xlsxwriter" not in module.source, module.path
            assert "openpyxl" not in module.source, module.path


def reads_addresses(source):
    return re.search(r"A-Z(a-z)?\]\{1,3\}|A-Z\]\+\)|xl_cell_to_rowcol|utils\.cell", source)


def test_addresses_are_read_in_one_place(house):
    modules = house.modules.values()
    found = {module.path.name for module in modules if reads_addresses(module.source)}
    assert found == {"addresses.py"}


def test_another_reader_of_addresses_is_noticed():
    assert reads_addresses('re.compile(r"([A-Z]{1,3})([0-9]+)")')
    assert reads_addresses('re.compile(r"[A-Za-z]{1,3}[1-9][0-9]*")')
    assert reads_addresses("from xlsxwriter.utility import xl_cell_to_rowcol")


def test_everything_exported_has_a_docstring():
    for name in xlbackprop.__all__:
        if name != "__version__":
            assert getattr(xlbackprop, name).__doc__, name


@pytest.mark.slow(quick=["ruff-check", "ruff-format"])
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["ruff", "check", "."], id="ruff-check"),
        pytest.param(["ruff", "format", "--check", "."], id="ruff-format"),
        pytest.param(["mypy"], id="mypy"),
    ],
)
def test_lint_and_types_are_clean(command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
