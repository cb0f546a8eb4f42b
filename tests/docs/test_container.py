"""The Containerfile copies all that the package is made from, and runs a command that there is."""

import json
import re
import tomllib

from tests.support.command_line import called
from tests.support.program import ROOT

TEXT = (ROOT / "Containerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_all_that_the_package_is_made_from_is_copied_before_it_is_installed():
    copied = {
        name for names in re.findall(r"^COPY (.*) \S+$", TEXT, re.M) for name in names.split()
    }
    own = PROJECT["project"]
    needed = {own["readme"], *own["license-files"], "pyproject.toml", "xlbackprop"}
    needed |= set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"])
    assert copied == needed
    assert all((ROOT / name).exists() for name in copied)
    assert TEXT.rindex("COPY") < TEXT.index("pip install")


def test_it_installs_the_extra_on_a_python_that_will_do_and_runs_as_nobody(capsys):
    (extra,) = re.findall(r"pip install .*'\.\[(\w+)\]'", TEXT)
    assert extra in PROJECT["project"]["optional-dependencies"]
    (minor,) = re.findall(r"^FROM \S+/python:3\.(\d+)", TEXT, re.M)
    assert f"Programming Language :: Python :: 3.{minor}" in PROJECT["project"]["classifiers"]
    (user,) = re.findall(r"^USER (\S+)", TEXT, re.M)
    assert f"useradd --system {user}" in TEXT
    program, command, *options = json.loads(re.search(r"^ENTRYPOINT (.*)$", TEXT, re.M)[1])
    assert program in PROJECT["project"]["scripts"]
    _, usage, _ = called(capsys, command, "--help")
    assert all(option in usage for option in options if option.startswith("--"))
