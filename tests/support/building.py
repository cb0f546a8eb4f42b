"""The command that builds, run in a folder that is looked over afterwards."""

import subprocess
import sys
import textwrap
import zipfile

import xlbackprop
from tests.support.program import environment
from xlbackprop.__main__ import main

SMALL = """\
name = "small"
input = [1, 3, 3]
[[layers]]
type = "conv2d"
filters = 1
kernel = 2
"""


# The folder in which commands run; a name that occurs in no other path.
WORK = "folder-of-the-output"


# Takes long enough to build that it can be killed at many moments.
BIG = """\
name = "big"
input = [3, 28, 28]
[[layers]]
type = "conv2d"
filters = 8
kernel = 3
"""


def build(*arguments):
    return main(["build", *map(str, arguments)])


def run_build(*arguments, code="", **options):
    """Run `build` as a process of its own, after some code of ours in it."""
    return subprocess.run(
        command(*arguments, code=code),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def command(*arguments, code=""):
    program = "import sys\nfrom xlbackprop.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    script = f"{textwrap.dedent(code)}\n{program}"
    return [sys.executable, "-P", "-c", script, "build", *map(str, arguments)]


def everything_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def assert_whole(path):
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
    assert xlbackprop.check(path).verdict == "right"


def assert_refused(status, capsys, *words):
    output = capsys.readouterr()
    assert status == 2
    assert output.out == ""
    assert output.err.count("\n") == 1, output.err
    assert "Traceback" not in output.err
    assert all(word in output.err for word in words), output.err
