"""Help, examples and version."""

import re
import shlex
import shutil

import onnx
import pytest

import xlbackprop
from tests.support import onnx_graphs
from tests.support.command_line import COMMANDS, called
from tests.support.handmade import build as build_foreign


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_explains_the_command_and_its_options(command, option, capsys):
    status, out, err = called(capsys, *command, option)
    assert (status, err) == (0, "")
    assert "Example" in out
    assert "\\b" not in out
    assert "\b" not in out
    for line in out.splitlines():
        words = line.split()
        if words and words[0].startswith("--"):
            assert len(words) > 1, f"an option without a word of explanation: {line}"


def examples_in(help_text):
    """Return the commands that stand in a help text, each on a line of its own."""
    lines = [line.strip() for line in help_text.splitlines()]
    assert any(line.startswith("Example") for line in lines), help_text
    return [line for line in lines if line.startswith("xlbackprop ")]


def save_model(path):
    lines = ["MaxPool x -> p", "Flatten p -> f", "Gemm f,w -> y"]
    lines[0] = (lines[0], {"kernel_shape": [7, 7], "strides": [7, 7]})
    model = onnx_graphs.model(lines, ("N", 1, 28, 28), w=onnx_graphs.drawn(16, 2))
    model.graph.node[0].name = "features"
    onnx.save(model, path)


EACH = [[], *([name] for name in COMMANDS)]


@pytest.mark.slow(quick=[str(command) for command in EACH if command != ["locate"]])
@pytest.mark.parametrize("command", EACH, ids=str)
def test_example_in_the_help_runs(command, folder, capsys, monkeypatch):
    if command == ["serve"]:  # which would not end
        monkeypatch.setattr(
            "xlbackprop.web.server.serving.serve", lambda serving, tell: tell(serving.host)
        )
    if command in (["check"], ["explain"], ["gradcheck"], ["inspect"], ["view"]):
        xlbackprop.build("conv5x5x2", folder / "mine.xlsx", blank=["dL_dw", "dL_dh"])
        xlbackprop.build("conv5x5x2")
        own = xlbackprop.build("conv5x5x2", folder / "own.xlsx")
        place = {tensor.name: tensor.blocks[0] for tensor in xlbackprop.inspect(own).tensors}
        loss = xlbackprop.Placement((f"{place['loss.L'].sheet}!{place['loss.L'].range}",))
        described = xlbackprop.Map({"loss.L": loss}, "conv5x5x2").to_toml()
        (folder / "own.toml").write_text(described, encoding="utf-8")
    if command in (["export"], ["import"], ["picture"]):
        xlbackprop.build("xor")
        save_model(folder / "model.onnx")
    if command in (["assign"], ["grade"], ["gradebook"], ["serve"]):
        (folder / "roster.csv").write_text("id,name\na1,Ada\n", encoding="utf-8")
    if command == ["gradebook"]:
        (folder / "export.csv").write_text(
            "Student,ID,Section,Homework 1 (7)\nAda,a1,A,\n", encoding="utf-8"
        )
        (folder / "worksheet.csv").write_text(
            "Identifier,Name,Grade,Maximum Grade,\nParticipant 1,Ada,,100,\n", encoding="utf-8"
        )
    if command in (["grade"], ["gradebook"], ["serve"]):
        xlbackprop.assign("conv5x5x2", folder / "roster.csv", folder / "hw1", blank=["dL_dw"])
        shutil.copytree(folder / "hw1/handout", folder / "submissions")
        shutil.make_archive("submissions", "zip", folder / "submissions")
    if command == ["gradebook"]:
        xlbackprop.grade(folder / "hw1", folder / "submissions")
    if command == ["locate"]:
        build_foreign("conv5x5x2", "side-by-side", folder).path.rename(folder / "mine.xlsx")
    examples = examples_in(called(capsys, *command, "-h")[1])
    assert examples
    for example in examples:
        words = shlex.split(example)[1:]
        assert not command or words[0] == command[0]
        status, out, err = called(capsys, *words)
        assert status in ((0, 1) if words[0] == "check" else (0,)), f"{example}: {err}"
        assert err == ""
        assert out


def test_help_lists_every_command(capsys):
    out = called(capsys, "-h")[1]
    listed = re.findall(r"^  (\w+)  +\S", out.partition("Commands:")[2], flags=re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


def test_no_arguments_print_the_help(capsys):
    status, out, err = called(capsys)
    assert status in (0, 2)
    assert "Usage: xlbackprop" in out + err
    assert all(name in out + err for name in COMMANDS)
    assert "Traceback" not in err


def test_version_is_printed(capsys):
    status, out, _ = called(capsys, "--version")
    assert status == 0
    assert xlbackprop.__version__ in out
