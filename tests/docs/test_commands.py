"""Every command in the README and docs/ runs as printed, and prints what the page shows."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import tomli_w

import xlbackprop
from tests.docs.preparations import PREPARATIONS
from tests.support.oracles.pytorch import require_pytorch
from tests.support.program import ROOT, environment
from tests.support.selection import MARKERS
from tests.tools.pages import PAGES, Block, blocks_of
from xlbackprop.__main__ import main

# What a command begins with; anything else in an indented block is a mistake of the page.
PROGRAMS = {"xlbackprop", "python", "git", "ruff", "mypy", "pre-commit"}
MARKS = {"file", "status", "not run", "not compared"}


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """Return a folder with the programs that a reader has: ours and Python, from this checkout."""
    folder = tmp_path_factory.mktemp("programs")
    for name, words in {"python": "", "xlbackprop": "-m xlbackprop"}.items():
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n')
        path.chmod(0o755)
    return folder


class Reader:
    """Somebody who reads a page from top to bottom and tries everything.

    The README's commands run in bash, as they are pasted; in the other pages ours run in this
    process where they need no shell, which takes a fifth of the time.
    """

    def __init__(self, folder: Path, programs: Path, *, pastes: bool = True) -> None:
        self.folder, self.pastes, self.printed = folder, pastes, ""
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self.environment = environment(PATH=path, PYTHONUTF8="1")

    def read(self, block: Block) -> None:
        if "file" in block.marks:
            (self.folder / block.marks["file"]).write_text(block.text, encoding="utf-8")
        match block.kind:
            case "prepare":
                PREPARATIONS[block.lines[0]](self.folder)
            case "commands":
                for line in block.lines if "not run" not in block.marks else ():
                    self.run(line, int(block.marks.get("status", 0)))
            case "python" if "file" not in block.marks:
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(compile(block.text, "<page>", "exec"), {})
                self.printed = out.getvalue()
            case "text" if self.printed and "not compared" not in block.marks:
                assert_shown(block.lines, self.printed.splitlines())
                self.printed = ""

    def run(self, line: str, status: int) -> None:
        words = shlex.split(line)
        if self.pastes or words[0] != "xlbackprop" or {"&&", "|", ">"} & set(words):
            # The program is here already, as this checkout.
            line = re.sub(r"^python -m pip install \S+ && ", "", line)
            done = subprocess.run(
                ["bash", "-c", line], cwd=self.folder, env=self.environment, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                encoding="utf-8",
            )  # fmt: skip
            ended, self.printed = done.returncode, done.stdout
        else:
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                ended = main(words[1:])
            self.printed = out.getvalue()
        if ended != status:
            raise AssertionError(f"exit {ended}: {line}\n{self.printed}")


def assert_shown(shown, printed):
    """Assert that a page shows what was printed; … stands for any number of lines."""
    pattern = "".join(
        r"(.*\n)*?" if line.strip() == "…" else re.escape(line.rstrip()) + "\n" for line in shown
    )
    text = "".join(f"{line.rstrip()}\n" for line in printed)
    if not re.fullmatch(pattern, text):
        raise AssertionError(f"another output is shown than there is:\n{text}")


# Pages whose commands take several seconds, or need another program.
MARKERS_OF_PAGES = {"class.md": [pytest.mark.slow], "pytorch.md": [pytest.mark.pytorch]}
READ = [
    pytest.param(path, id=path.name, marks=MARKERS_OF_PAGES.get(path.name, [])) for path in PAGES
]


@pytest.mark.parametrize("path", READ)
def test_page_s_commands_and_snippets_run_and_print_what_it_shows(
    path, tmp_path, programs, monkeypatch
):
    if path.name == "pytorch.md":
        require_pytorch()
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path, programs, pastes=path.name == "README.md")
    for block in blocks_of(path):
        try:
            reader.read(block)
        except AssertionError as error:
            raise AssertionError(f"{path.name}, line {block.number}: {error}") from None


@pytest.mark.parametrize("pastes", [True, False])
def test_wrong_output_failing_command_and_wrong_status_are_noticed(pastes, tmp_path, programs):
    reader = Reader(tmp_path, programs, pastes=pastes)
    with pytest.raises(AssertionError, match="there is no template"):
        reader.read(Block("commands", ("xlbackprop build nothing",), 1, {}))
    with pytest.raises(AssertionError, match="exit 0"):
        reader.read(Block("commands", ("xlbackprop --version",), 1, {"status": "1"}))
    reader.read(Block("commands", ("xlbackprop templates --json",), 1, {}))
    with pytest.raises(AssertionError, match="another output"):
        reader.read(Block("text", ("…", "no such template"), 1, {}))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_indented_blocks_hold_commands_that_can_be_pasted(path):
    for block in blocks_of(path):
        if block.kind == "commands":
            for line in block.lines:
                assert shlex.split(line)[0] in PROGRAMS, f"{path.name}, line {block.number}: {line}"
                # In bash an exclamation mark calls for history, but between single quotes.
                assert "!" not in re.sub("'[^']*'", "", line), line
        assert set(block.marks) <= MARKS, f"{path.name}, line {block.number}"


SPEC = {"name": "x", "input": [3], "layers": [{"type": "dense", "units": 2}]}


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=f"{path.name}-{block.number}")
        for path in PAGES
        for block in blocks_of(path)
        if block.kind == "toml"
    ],
)
def test_toml_snippets_parse_and_build(block, tmp_path):
    tables = tomllib.loads(block.text)
    if {"tensors", "gradients"} & set(tables):
        xlbackprop.parse_map(block.text)
    elif "project" not in tables:  # a spec, or tables to be added to one
        spec = xlbackprop.parse_spec(tomli_w.dumps(SPEC | tables))
        assert xlbackprop.check(xlbackprop.build(spec, tmp_path / "x.xlsx")).verdict == "right"


def test_outputs_are_compared_line_by_line():
    assert_shown(["a", "…", "d"], ["a ", "b", "c", "d"])
    assert_shown(["a", "…", "d"], ["a", "d"])
    for shown in (["a", "…", "c"], ["a", "b", "d"], ["b", "…"]):
        with pytest.raises(AssertionError):
            assert_shown(shown, ["a", "b", "c", "d"])


def test_readme_s_two_commands_are_those_that_are_run_elsewhere():
    """.ci/run takes them out of the page as they are."""
    lines = [
        line
        for block in blocks_of(ROOT / "README.md")
        if block.kind == "commands"
        for line in block.lines
        if line.startswith("python -m pip install")
    ]
    assert lines == [
        "python -m pip install . && xlbackprop build conv5x5x2 --force"
        " && xlbackprop check output/conv5x5x2.xlsx",
        "python -m pip install '.[test]' && python -m pytest",
    ]


def test_commands_for_contributors_name_programs_modules_and_files_that_are_there():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| `([^`]+)` \|$", page, re.MULTILINE)
    assert {"run the quick tests", "run one test", "lint", "check types"} <= {to for to, _ in rows}
    for _, command in rows:
        words = shlex.split(command)
        assert words[0] in PROGRAMS or os.access(ROOT / words[0], os.X_OK), command
        if words[1:2] == ["-m"]:
            assert find_spec(words[2]), command
        for word in words[1:]:
            assert not word.startswith("tests/") or (ROOT / word).exists(), command


def test_markers_and_folders_of_tests_are_what_contributors_are_told():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", page, re.MULTILINE))
    assert rows == MARKERS
    for folder in re.findall("`(tests/\\w+)`", page):
        assert (ROOT / folder).is_dir(), folder
