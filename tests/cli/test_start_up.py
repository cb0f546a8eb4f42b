"""What the program imports, and how long it takes, before it has done anything."""

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import xlbackprop
from tests.support.program import environment

# What takes long to import.
HEAVY = {
    "asyncio", "importlib.metadata", "ironcalc", "jinja2", "latex2mathml", "lxml", "markupsafe",
    "numpy", "openpyxl", "pandas", "rich", "secrets", "ssl", "tomli_w", "xlsxwriter",
}  # fmt: skip


def imported_by(*arguments, cwd=None):
    """Return the modules that a run of the program has imported when it ends."""
    code = (
        "import json, sys\n"
        "from xlbackprop.__main__ import main\n"
        "status = main(sys.argv[1:])\n"
        "print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    status, modules = json.loads(done.stderr)
    assert status == 0
    return set(modules)


@pytest.mark.parametrize(
    "arguments", [["--version"], ["-h"], ["check", "-h"], ["build", "-h"]], ids=" ".join
)
def test_version_and_help_import_nothing_heavy(arguments):
    assert not imported_by(*arguments) & HEAVY


def test_version_imports_no_command():
    modules = imported_by("--version")
    assert not {name for name in modules if name.startswith("xlbackprop.cli.c")} - {
        "xlbackprop.cli.commands"
    }
    assert not any(name.startswith(("xlbackprop.judge", "xlbackprop.report")) for name in modules)


def test_heavy_import_would_be_noticed(tmp_path):
    workbook = xlbackprop.build("mlp-2-2-2", tmp_path / "mine.xlsx")
    assert {"numpy", "rich"} <= imported_by("inspect", workbook) & HEAVY


def cpu_seconds(command, *, cwd=None):
    """Return what a process takes of the processors, with all that it starts and waits for."""
    with subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def ratio(command, other, *, cwd=None):
    """Return how many times as much a command takes as another, run in turn; a quiet moment's."""
    return min(cpu_seconds(command, cwd=cwd) / cpu_seconds(other, cwd=cwd) for _ in range(7))


def program(*arguments):
    return [sys.executable, "-m", "xlbackprop", *map(str, arguments)]


def test_version_takes_little_more_than_importing_click():
    """It is 1.3 times as much; the limit has room for a busy machine."""
    assert ratio(program("--version"), [sys.executable, "-c", "import click"]) < 1.7


# The package's names, imported when they are first used.


def names_for_type_checkers():
    """Return the names that the package imports for type checkers alone, and from where."""
    tree = ast.parse(Path(xlbackprop.__file__).read_text())
    (block,) = (
        one
        for one in tree.body
        if isinstance(one, ast.If)
        and isinstance(one.test, ast.Name)
        and one.test.id == "TYPE_CHECKING"
    )
    return {name.name: one.module for one in block.body for name in one.names}


def test_type_checkers_see_what_is_there():
    seen = names_for_type_checkers()
    assert sorted([*seen, "__version__"]) == sorted(xlbackprop.__all__)
    for name, module in seen.items():
        assert getattr(xlbackprop, name) is getattr(importlib.import_module(module), name)


def test_names_are_listed_before_they_are_imported():
    code = "import sys, xlbackprop; print([dir(xlbackprop), [*sys.modules]])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    names, modules = ast.literal_eval(done.stdout)
    assert set(xlbackprop.__all__) <= set(names)
    assert [name for name in modules if name.startswith("xlbackprop")] == ["xlbackprop"]


def test_no_module_has_a_public_name():
    """A module that is imported becomes an attribute of its package, in place of a function."""
    modules = {path.stem for path in Path(xlbackprop.__file__).parent.iterdir()}
    assert not modules & set(xlbackprop.__all__)


def test_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="'xlbackprop' has no attribute 'chekc'"):
        xlbackprop.chekc  # noqa: B018
    with pytest.raises(ImportError, match="chekc"):
        from xlbackprop import chekc  # noqa: F401
