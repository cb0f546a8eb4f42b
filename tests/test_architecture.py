"""The house itself: imports run one way, everything public is documented, and lint is clean."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import xlbackprop

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "xlbackprop"

# Each room may import from those before it, and from itself.
ROOMS = [
    "errors", "progress", "equation", "tolerance", "spec", "formula", "notation", "contract",
    "layers", "losses", "optimizers", "network", "layout", "workbook", "builder", "find", "judge",
    "derivation", "explainer", "report", "__init__", "cli", "__main__",
]  # fmt: skip


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(source: str) -> set[str]:
    """Return the rooms that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "xlbackprop":
                room = rest.partition(".")[0]
                found.add(room if room in ROOMS else "__init__")
    return found


def upward(room: str, imported: set[str]) -> set[str]:
    return {other for other in imported if ROOMS.index(other) > ROOMS.index(room)}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_imports_run_one_way(path):
    assert not upward(room_of(path), imports_of(path.read_text()))


def test_import_in_the_wrong_direction_is_noticed():
    assert upward("layers", imports_of("from xlbackprop.workbook.read import open_workbook"))
    assert not upward("workbook", imports_of("from xlbackprop.layers import LAYERS"))


def test_every_room_is_listed():
    assert {room_of(path) for path in PACKAGE.rglob("*.py")} == set(ROOMS)


def test_only_the_workbook_room_knows_the_file_format():
    for path in PACKAGE.rglob("*.py"):
        if room_of(path) not in ("workbook", "formula"):
            assert "xlsxwriter" not in path.read_text(), path
            assert "openpyxl" not in path.read_text(), path


def reads_addresses(source):
    return re.search(r"A-Z(a-z)?\]\{1,3\}|A-Z\]\+\)|xl_cell_to_rowcol|utils\.cell", source)


def test_addresses_are_read_in_one_place():
    found = {path.name for path in PACKAGE.rglob("*.py") if reads_addresses(path.read_text())}
    assert found == {"addresses.py"}


def test_another_reader_of_addresses_is_noticed():
    assert reads_addresses('re.compile(r"([A-Z]{1,3})([0-9]+)")')
    assert reads_addresses('re.compile(r"[A-Za-z]{1,3}[1-9][0-9]*")')
    assert reads_addresses("from xlsxwriter.utility import xl_cell_to_rowcol")


def test_everything_exported_has_a_docstring():
    for name in xlbackprop.__all__:
        if name != "__version__":
            assert getattr(xlbackprop, name).__doc__, name


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
