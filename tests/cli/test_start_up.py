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
from tests.support.filling import fill
from tests.support.program import environment

# What takes long to import.
HEAVY = {
    "asyncio", "importlib.metadata", "ironcalc", "jinja2", "latex2mathml", "lxml", "markupsafe",
    "numpy", "openpyxl", "pandas", "rich", "secrets", "ssl", "tomli_w", "xlsxwriter",
}  # fmt: skip


def imported_by(*arguments, status=0):
    """Return the modules that a run of the program has imported when it ends."""
    code = (
        "import json, sys\n"
        "from xlbackprop.__main__ import main\n"
        "status = main(sys.argv[1:])\n"
        "print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    ended, modules = json.loads(done.stderr)
    assert ended == status
    return set(modules)


@pytest.mark.parametrize(
    "arguments", [["--version"], ["-h"], ["check", "-h"], ["build", "-h"]], ids=" ".join
)
def test_version_and_help_import_nothing_heavy(arguments):
    assert imported_by(*arguments) & HEAVY == set()


def test_version_imports_no_command():
    modules = imported_by("--version")
    assert not {name for name in modules if name.startswith("xlbackprop.cli.c")} - {
        "xlbackprop.cli.commands"
    }
    assert not any(name.startswith(("xlbackprop.judge", "xlbackprop.report")) for name in modules)


def test_heavy_import_would_be_noticed(tmp_path):
    workbook = xlbackprop.build("mlp-2-2-2", tmp_path / "mine.xlsx")
    assert {"numpy", "rich"} <= imported_by("inspect", workbook) & HEAVY


# What a check of a right workbook of ours has no use for.
UNUSED_BY_CHECK = {
    "importlib.metadata", "ironcalc", "jinja2", "latex2mathml", "lxml", "markupsafe", "openpyxl",
    "pandas", "secrets", "xlsxwriter",
    *(
        f"xlbackprop.{module}"
        for module in (
            "workbook.builder", "derivation", "explainer", "find.locate", "judge.diagnose",
            "judge.prove", "judge.typed", "layers.dense", "losses.mse",
            "optimizers.sgd", "report.annotation", "report.html", "report.table",
            "workbook.annotate", "workbook.write",
        )
    ),
}  # fmt: skip


def test_check_imports_nothing_that_it_does_not_use(tmp_path):
    workbook = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx")
    modules = imported_by("check", workbook)
    assert modules & UNUSED_BY_CHECK == set()
    assert "xlbackprop.layers.conv2d" in modules


def test_what_a_check_may_leave_out_is_there_where_it_is_asked_for(tmp_path):
    """None of the names above is misspelt, or gone."""
    workbook = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx")
    fill(workbook, {("conv1.dL_dw", (0, 0, 0, 0)): 4711})
    page, table, copy = (tmp_path / f"mine.{ending}" for ending in ("html", "csv", "xlsx.xlsx"))
    modules = imported_by(
        *("check", workbook, "--spec", "conv5x5x2", "--prove", "2", "--formulas"),
        *("--html", page, "--csv", table, "--annotate", copy),
        status=1,
    )
    modules |= imported_by("explain", workbook, "loss.L")
    modules |= imported_by("build", "mlp-2-2-2", "-o", tmp_path / "other.xlsx")
    modules |= imported_by("build", "optimizers-sgd", "-o", tmp_path / "third.xlsx")
    absent = UNUSED_BY_CHECK - modules
    assert absent <= {"importlib.metadata", "ironcalc", "lxml", "openpyxl", "pandas", "secrets"}


def cpu_seconds(command, compiled):
    """Return what a process takes of the processors, with all that it starts and waits for.

    Modules are compiled once, as in an installed program.
    """
    variables = environment(PYTHONPYCACHEPREFIX=str(compiled))
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, env=variables, stdout=nowhere, stderr=nowhere) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def ratio(command, other, folder):
    """Return how many times as much a command takes as another, run in turn, at the quietest."""
    commands = [sys.executable, *map(str, command)], [sys.executable, *map(str, other)]
    pairs = [[cpu_seconds(each, folder / "compiled") for each in commands] for _ in range(8)]
    return min(one / another for one, another in pairs[1:])


def test_version_takes_little_more_than_importing_click(tmp_path):
    """It takes 1.2 times as much; the limit has room for a busy machine."""
    assert ratio(["-m", "xlbackprop", "--version"], ["-c", "import click"], tmp_path) < 1.5


@pytest.mark.slow
def test_check_takes_little_more_than_importing_numpy(tmp_path):
    """It takes 2.7 times as much, the engine's process included."""
    workbook = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx")
    check = ["-m", "xlbackprop", "check", workbook]
    assert (
        ratio(check, ["-c", "import numpy"], tmp_path) < 4.5
    )  # about 3, on a machine that is not busy


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
