"""Completion in the shell: commands, options, templates, tensors after --blank, and files."""

import shlex
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete

from tests.support.program import ROOT, TWO_LAYERS, environment
from xlbackprop.cli import cli


def offered(*words):
    """Return what is offered for the last of the words: kinds and values."""
    *before, last = words
    completion = ShellComplete(cli, {}, "xlbackprop", "_XLBACKPROP_COMPLETE")
    return [(item.type, item.value) for item in completion.get_completions(before, last)]


def plain(*words):
    return [value for kind, value in offered(*words) if kind == "plain"]


def test_commands_are_offered():
    assert plain("") == list(cli.commands)
    assert plain("e") == ["explain", "equations", "export"]


def test_options_are_offered_those_of_the_outputs_among_them():
    assert plain("check", "--h") == ["--hints", "--html", "--help"]
    assert {"--annotate", "--csv", "--prove"} <= set(plain("check", "--"))


CONV = ("conv-depthwise", "conv1d", "conv5x5x2", "conv7x7x3-stride2")


@pytest.mark.parametrize(
    "before",
    [
        ["build"],
        ["equations"],
        ["build", "--practice"],
        ["check", "mine.xlsx", "--spec"],
        ["locate", "mine.xlsx", "--spec"],
        ["explain", "mine.xlsx", "loss.L", "--spec"],
        ["inspect", "--spec"],
    ],
    ids=" ".join,
)
def test_templates_and_files_are_offered_for_a_spec(before):
    assert offered(*before, "conv") == [
        ("file", "conv"),
        *(("plain", name) for name in CONV),
    ]
    assert offered(*before, "mine.t") == [("file", "mine.t")]


@pytest.mark.parametrize(
    "before",
    [
        ["check"],
        ["check", "mine.xlsx", "--map"],
        ["check", "mine.xlsx", "--html"],
        ["check", "mine.xlsx", "--annotate"],
        ["build", "conv5x5x2", "-o"],
        ["explain"],
        ["locate", "mine.xlsx", "--output"],
    ],
    ids=" ".join,
)
def test_files_are_offered_where_a_file_belongs(before):
    assert offered(*before, "mi") == [("file", "mi")]


def test_tensors_of_the_spec_are_offered_to_be_left_empty():
    names = plain("build", "conv5x5x2", "--blank", "")
    assert names[0] == "all"
    assert set(names[1:]) == {
        *("out", "L", "dL_dout_spread", "dL_dw", "dL_db", "w_rotated", "dL_dh")
    }
    assert plain("build", "conv5x5x2", "--blank", "dL_d") == [
        name for name in names if name.startswith("dL_d")
    ]
    assert plain("build", "mlp-2-2-2", "--blank", "dense1.dL_d") == [
        *("dense1.dL_dout", "dense1.dL_dw", "dense1.dL_db", "dense1.dL_dh")
    ]


def test_the_last_of_several_tensors_is_completed():
    once = plain("build", "conv5x5x2", "--blank", "dL_d")
    again = plain("build", "conv5x5x2", "--practice", "--blank", "out,dL_dw,dL_d")
    assert again == [f"out,dL_dw,{name}" for name in once if name != "dL_dw"]


def test_tensors_of_a_file_s_spec_are_offered(folder):
    (folder / "two.toml").write_text(TWO_LAYERS)
    assert "conv2.dL_dw" in plain("build", "two.toml", "--blank", "conv2.")
    assert "conv2.h" in plain("build", "two.toml", "--blank", "conv2.")  # a link
    assert "conv1.h" not in plain("build", "two.toml", "--blank", "conv1.")  # a given


@pytest.mark.parametrize("spec", [[], ["nosuch"], ["broken.toml"]], ids=str)
def test_nothing_is_offered_for_a_spec_that_cannot_be_used(spec, folder):
    (folder / "broken.toml").write_text("name = ")
    assert offered("build", *spec, "--blank", "") == []


# In the shells themselves.

PAGE = ROOT / "docs" / "completion.md"


@pytest.fixture
def programs(tmp_path):
    """Return a folder with the program, to be put on the PATH."""
    path = tmp_path / "programs" / "xlbackprop"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m xlbackprop "$@"\n')
    path.chmod(0o755)
    return path.parent


def line_for(shell):
    """Return the line that the documentation has a reader put into a shell's start-up file."""
    (line,) = [line for line in PAGE.read_text().splitlines() if f"{shell}_source" in line]
    return line.strip()


@pytest.mark.parametrize(
    ("words", "replies"),
    [
        (["bui"], ["build"]),
        (["build", "conv5"], ["conv5x5x2"]),
        (["build", "conv5x5x2", "--blank", "dL_dw,dL_db,dL_dh,dL_do"], None),
        (["check", "mine"], []),  # files are the shell's own matter
    ],
    ids=str,
)
def test_bash_completes_once_the_documented_line_was_read(words, replies, programs):
    typed = " ".join(map(shlex.quote, ["xlbackprop", *words]))
    script = (
        f"{line_for('bash')}\n"
        "compopt() { :; }\n"  # for the shell's own completion only
        f"COMP_WORDS=({typed}); COMP_CWORD={len(words)}; COMPREPLY=()\n"
        '$(complete -p xlbackprop | sed "s/.*-F \\([^ ]*\\) .*/\\1/") xlbackprop\n'
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    search = f"{programs}:{environment()['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        env=environment(PATH=search),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    wanted = ["dL_dw,dL_db,dL_dh,dL_dout_spread"] if replies is None else replies
    assert done.stdout.split() == wanted


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_documented_line_gives_a_shell_its_script(shell, programs):
    variable = f"_XLBACKPROP_COMPLETE={shell}_source"
    assert variable in line_for(shell)
    done = subprocess.run(
        [str(programs / "xlbackprop")],
        env=environment(_XLBACKPROP_COMPLETE=f"{shell}_source"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"_XLBACKPROP_COMPLETE={shell}_complete" in done.stdout
