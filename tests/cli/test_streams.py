"""Where the output goes: closed pipes, full disks, odd encodings."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import xlbackprop
from tests.support.command_line import put, run, text
from tests.support.program import environment


@pytest.mark.many(quick=["check", "nothing"])
@pytest.mark.parametrize(
    "command",
    [
        pytest.param("check mine.xlsx", id="check"),
        pytest.param("check mine.xlsx --json", id="check-json"),
        pytest.param("inspect mine.xlsx --json", id="inspect-json"),
        pytest.param("templates", id="templates"),
        pytest.param("-h", id="help"),
        pytest.param("", id="nothing"),
    ],
)
def test_closed_pipe_leaves_no_traceback(command, folder):
    xlbackprop.build("conv7x7x3-stride2", folder / "mine.xlsx", blank=["out"])
    reading, writing = os.pipe()
    os.close(reading)  # what `| head -1` comes to, without the race
    process = subprocess.run(
        [sys.executable, "-m", "xlbackprop", *command.split()],
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert (process.returncode, process.stderr) == (141, b"")


def test_output_that_is_read_in_part_leaves_no_traceback(folder):
    xlbackprop.build("conv7x7x3-stride2", folder / "mine.xlsx", blank=["all"])
    process = subprocess.run(
        f"{shlex.quote(sys.executable)} -m xlbackprop check mine.xlsx --json | head -1",
        shell=True,
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert process.stdout == b"{\n"
    assert process.stderr == b""


@pytest.mark.many(
    quick=[
        "check mine.xlsx --html mine.html-1->&-",
        "check mine.xlsx --json-1-2>&-",
        "templates-0-<&-",
        "-h-0->&-",
    ]
)
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("check mine.xlsx --html mine.html", 1),
        ("check mine.xlsx --json", 1),
        ("templates", 0),
        ("--version", 0),
        ("-h", 0),
        ("check nosuchfile.xlsx", 2),
    ],
)
def test_closed_stream_leaves_no_traceback_and_all_else_as_it_is(command, status, closed, folder):
    xlbackprop.build("mlp-2-2-2", folder / "mine.xlsx", blank=["out"])
    process = subprocess.run(
        f"{shlex.quote(sys.executable)} -m xlbackprop {command} {closed}",
        shell=True,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert process.returncode == status
    assert bool(process.stdout) == (status != 2 and ">&-" not in closed.split())
    assert process.stderr.count("\n") == (status == 2 and "2>&-" not in closed.split())
    if "--html" in command:
        assert (folder / "mine.html").read_text().rstrip().endswith("</html>")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_output_on_a_full_disk_is_reported_in_one_line(options, workbook):
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "xlbackprop", "check", workbook, *options],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert process.returncode == 2
    assert process.stderr.count("\n") == 1, process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.many(quick=["check-ascii", "inspect-cp1252"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("command", ["check", "inspect", "templates"])
def test_output_in_any_encoding_leaves_no_traceback(command, encoding, workbook):
    put(workbook, "conv1.out", (0, 0, 0), text("漢字\u009b"))
    arguments = [] if command == "templates" else [workbook]
    process = run(command, *arguments, PYTHONIOENCODING=encoding)
    assert process.returncode == (1 if command == "check" else 0), process.stderr
    assert process.stderr == ""
    assert process.stdout
