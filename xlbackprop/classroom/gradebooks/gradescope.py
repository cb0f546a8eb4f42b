"""Gradescope: an autograder that marks one submission, by the platform's rules.

setup.sh          brings Python, and what the program needs
run_autograder    marks /autograder/submission, writes /autograder/results/results.json
source/           the program, and the assignment
"""

from __future__ import annotations

import io
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

from xlbackprop.classroom.assignments.assignment import ASSIGNMENT, SECRET, STUDENTS, Assignment
from xlbackprop.classroom.assignments.key_table import KEY
from xlbackprop.spec.templates import template_folder

_DATE = (2026, 1, 1, 0, 0, 0)
_SETUP = """\
#!/usr/bin/env bash
set -euo pipefail
apt-get update
apt-get install -y python3 python3-venv
for python in python3.14 python3.13 python3.12 python3.11; do
    if command -v "$python" || apt-get install -y "$python" "$python-venv"; then break; fi
done
"$python" -m venv /autograder/python
/autograder/python/bin/python -m pip install -r /autograder/source/requirements.txt
"""
_RUN = """\
#!/usr/bin/env bash
cd /autograder/source
export PYTHONPATH=/autograder/source/source
/autograder/python/bin/python -m xlbackprop.classroom.gradebooks.autograder /autograder \\
    || cp -n /autograder/source/failed.json /autograder/results/results.json
"""
_FAILED = """\
{"score": 0, "output": "The autograder itself has failed: your work has not been marked. Please \
tell your teacher.", "stdout_visibility": "hidden"}
"""
_PROGRAM = (".py", ".html", ".css", ".js", ".typed")


def autograder(assignment: Assignment) -> bytes:
    """Return the content of autograder.zip for an assignment.

    It holds the assignment's secret, as it holds the answers: autograders are for teachers alone.
    """
    buffer = io.BytesIO()
    package = Path(__file__).parents[2]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", _SETUP.encode(), mode=0o755)
        _add(archive, "run_autograder", _RUN.encode(), mode=0o755)
        _add(archive, "failed.json", _FAILED.encode())
        _add(archive, "requirements.txt", "".join(f"{one}\n" for one in _needed()).encode())
        for name in (ASSIGNMENT, SECRET, STUDENTS, *([KEY] if assignment.key else [])):
            _add(archive, f"assignment/{name}", (assignment.folder / name).read_bytes())
        for path in sorted(package.rglob("*")):
            if path.suffix in _PROGRAM and path.is_file():
                name = f"source/xlbackprop/{path.relative_to(package).as_posix()}"
                _add(archive, name, path.read_bytes())
        for path in sorted(template_folder().glob("*.toml")):
            _add(archive, f"source/templates/{path.name}", path.read_bytes())
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, *, mode: int = 0o644) -> None:
    info = zipfile.ZipInfo(name, _DATE)
    info.external_attr = mode << 16
    archive.writestr(info, content, zipfile.ZIP_DEFLATED)


def _needed() -> list[str]:
    """Return what the program needs, as pip takes it; its extras are not."""
    project = Path(__file__).parents[3] / "pyproject.toml"
    if project.is_file():  # run from a checkout
        lines = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    else:
        lines = requires("xlbackprop") or []
    return [line for line in lines if "extra ==" not in line]
