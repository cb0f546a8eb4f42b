"""The quick run leaves out what carries a marker, says so, and never needs an oracle."""

import os
import re
import subprocess
import sys

import pytest

from tests.support.program import environment
from tests.support.selection import MARKERS

TESTS = """
import pytest
from tests.support.oracles.needs import require

def test_quick():
    pass

@pytest.mark.many
def test_marked():
    pass

@pytest.mark.hostile(quick=["a"])
@pytest.mark.parametrize("case", ["a", "b"])
def test_partly_quick(case):
    pass

@pytest.mark.latex
def test_with_oracle():
    require("latex", True, "LaTeX")

@pytest.mark.latex
def test_without_oracle():
    require("latex", False, "LaTeX")
"""
FORGOTTEN = """
from tests.support.oracles.needs import require

def test_unmarked():
    require("latex", True, "LaTeX")
"""
MISSPELT = """
import pytest

@pytest.mark.many(quick=["c"])
@pytest.mark.parametrize("case", ["a", "b"])
def test_partly_quick(case):
    pass
"""


@pytest.fixture
def run(tmp_path):
    def run(text, *options, **changes):
        (tmp_path / "test_it.py").write_text(text)
        plugins = ["-p", "tests.support.selection"]
        plugins += ["-p", "xdist"] if "no:xdist" not in options else []
        command = [sys.executable, "-m", "pytest", *plugins, "-q", *options]
        plain = {key: value for key, value in environment().items() if key[:6] not in IN_OUR_WAY}
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=plain | ALONE | changes,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    return run


IN_OUR_WAY = ("PYTEST", "XLBACK")  # what this run's environment tells the one that it starts
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # which takes long


def test_tests_with_markers_are_left_out_and_it_is_said(run):
    output = run(TESTS, "-n", "0")
    assert "4 tests with markers were left out; `python -m pytest --all` runs them" in output
    assert "2 passed, 4 deselected" in output
    assert "skipped" not in output


def test_all_runs_them_and_skips_where_an_oracle_is_missing(run):
    assert "5 passed, 1 skipped" in run(TESTS, "--all", "-n", "0")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_rest_is_what_the_quick_run_leaves_out(run, workers):
    output = run(TESTS, "--rest", "-v", "-n", workers)
    assert "3 passed, 1 skipped" in output
    assert "test_quick" not in output
    assert "were left out" not in output


def test_missing_oracle_fails_where_oracles_are_required(run):
    output = run(TESTS, "--all", "-n", "0", XLBACKPROP_REQUIRE_ORACLES="1")
    assert "LaTeX is required here, and is not installed" in output
    assert "1 failed, 5 passed" in output


@pytest.mark.parametrize("options", [["-m", "many"], ["test_it.py::test_marked"]], ids=str)
def test_marked_test_that_is_asked_for_runs(run, options):
    assert "1 passed" in run(TESTS, *options)


@pytest.mark.parametrize(
    "options", [["-p", "no:xdist"], ["-n", "0"], ["-n", "2"], ["-k", "quick"], ["--lf"]], ids=str
)
def test_quick_run_works_with(run, options):
    assert re.search("^2 passed", run(TESTS, *options), re.MULTILINE)


def test_folder_is_run_on_all_cores_and_a_file_on_one(run):
    assert re.search(r"[0-9] workers? \[", run(TESTS, ".", "-v"))
    assert not re.search(r"[0-9] workers? \[", run(TESTS, "test_it.py", "-v"))


def test_test_that_needs_an_oracle_and_says_not_so_fails(run):
    assert "is marked with pytest.mark.latex" in run(FORGOTTEN, "-n", "0")


def test_case_that_there_is_not_fails_where_a_marker_calls_it_quick(run):
    assert "has no cases ['c'], which its marker calls quick" in run(MISSPELT, "-n", "0")


def test_markers_are_those_that_strict_pytest_knows(run):
    output = run(TESTS, "--markers")
    assert all(f"@pytest.mark.{name}: " in output for name in MARKERS)


SEARCHES = """
import shutil
import subprocess
import pytest

@pytest.mark.libreoffice
def test_before():
    assert shutil.which("soffice")

def test_without():
    assert not shutil.which("soffice")
    assert shutil.which("another")
    assert subprocess.run(["env", "soffice"]).returncode == 127

@pytest.mark.libreoffice
def test_after():
    assert shutil.which("soffice")
"""


def test_libreoffice_is_out_of_sight_where_a_test_does_not_carry_its_marker(run, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("soffice", "another"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    assert "3 passed" in run(SEARCHES, "--all", "-n", "0", PATH=path)
