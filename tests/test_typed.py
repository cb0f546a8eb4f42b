"""A user's calls are typed: mypy finds the types of the installed package, and a wrong call."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.program import ROOT, environment

USER = '''\
"""A user's module; where a comment asks for it, mypy must complain of the line."""

from pathlib import Path

import xlbackprop

path: Path = xlbackprop.build("conv5x5x2", "mine.xlsx", blank=["dL_dw"], force=True)
xlbackprop.build("conv5x5x2", blank=5)  # error: arg-type
report: xlbackprop.Report = xlbackprop.check(path, prove=20, limits=xlbackprop.Limits(seconds=10))
xlbackprop.check(path, prove="yes")  # error: arg-type
xlbackprop.check(path, proof=True)  # error: call-arg
verdict: int = report.verdict  # error: assignment
where: list[str] = [f"{cell.sheet}!{cell.cell}" for cell in report.cells]
report.cell  # error: attr-defined
frame = report.to_frame()
page: str = xlbackprop.html_report(xlbackprop.review_workbook(path))
terms: list[float | None] = [term.value for term in xlbackprop.explain(path, "loss.L").terms]
network = xlbackprop.build_network(xlbackprop.load_spec("conv5x5x2"))
lines: list[str] = [equation.math.text for equation in network.equations]
'''


@pytest.fixture(scope="module")
def environment_folder(tmp_path_factory):
    """Return an environment in which the wheel is installed, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_of(folder))
    return folder


def site_of(folder: Path) -> Path:
    paths = {"base": str(folder), "platbase": str(folder)}
    return Path(sysconfig.get_path("purelib", "venv", paths))


def complaints(environment_folder: Path, folder: Path) -> dict[int, str]:
    """Return mypy's complaints of the user's module: their code, by line."""
    (folder / "user.py").write_text(USER)
    python = environment_folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    options = ["--strict", "--no-incremental", f"--python-executable={python}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "user.py"],
        cwd=folder, env=environment(PYTHONPATH=""), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(r"^user\.py:(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE)
    return {int(line): code for line, code in found}


def test_wrong_call_of_the_installed_package_is_found_and_a_right_one_is_not(
    environment_folder, tmp_path
):
    planted = {
        number: line.partition("# error: ")[2]
        for number, line in enumerate(USER.splitlines(), start=1)
        if "# error: " in line
    }
    assert complaints(environment_folder, tmp_path) == planted


def test_package_without_the_marker_is_not_typed(environment_folder, tmp_path):
    marker = site_of(environment_folder) / "xlbackprop" / "py.typed"
    marker.unlink()
    try:
        found = complaints(environment_folder, tmp_path)
    finally:
        marker.touch()
    assert set(found.values()) == {"import-untyped"}
