"""Where a built workbook goes, and what is there already."""

import os
from pathlib import Path

import pytest

import xlbackprop
from tests.support.building import (
    SMALL,
    WORK,
    assert_refused,
    assert_whole,
    build,
    everything_in,
    run_build,
)
from xlbackprop.errors import OutputError

# Where the file goes.


def test_default_path_is_output_and_the_spec_s_name(output_folder, capsys):
    assert build("conv5x5x2") == 0
    assert everything_in(output_folder) == ["output", "output/conv5x5x2.xlsx"]
    assert capsys.readouterr().out.strip() == str(Path("output", "conv5x5x2.xlsx"))
    assert_whole(output_folder / "output" / "conv5x5x2.xlsx")


def test_default_path_takes_the_name_from_the_spec_not_from_its_file(output_folder):
    (output_folder / "other.toml").write_text(SMALL)
    assert build("other.toml") == 0
    assert (output_folder / "output" / "small.xlsx").exists()


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_output_option_names_the_file(option, output_folder):
    assert build("../small.toml", option, "mine.xlsx") == 0
    assert everything_in(output_folder) == ["mine.xlsx"]


def test_output_s_missing_folders_are_made(output_folder):
    assert build("../small.toml", "-o", "a/b/c/mine.xlsx") == 0
    assert_whole(output_folder / "a" / "b" / "c" / "mine.xlsx")


def test_library_returns_the_path_it_wrote(output_folder):
    path = xlbackprop.build("conv5x5x2", "here.xlsx")
    assert path == Path("here.xlsx")
    assert_whole(output_folder / path)


# What is there already.


@pytest.mark.parametrize("path", ["mine.xlsx", None], ids=["named", "default"])
def test_existing_file_is_refused_and_left_as_it_is(path, output_folder, capsys):
    target = output_folder / (path or "output/small.xlsx")
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(b"precious")
    os.utime(target, ns=(10**18, 10**18))
    before = everything_in(output_folder)
    status = build("../small.toml", *(["-o", path] if path else []))
    assert_refused(status, capsys, target.name, "--force")
    assert target.read_bytes() == b"precious"
    assert target.stat().st_mtime_ns == 10**18
    assert everything_in(output_folder) == before


def test_existing_file_raises_in_the_library(output_folder):
    (output_folder / "mine.xlsx").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists"):
        xlbackprop.build("conv5x5x2", "mine.xlsx")
    assert (output_folder / "mine.xlsx").read_bytes() == b"precious"


def test_existing_file_is_replaced_with_force(output_folder):
    (output_folder / "mine.xlsx").write_bytes(b"old" * 100_000)
    assert build("../small.toml", "-o", "mine.xlsx", "--force") == 0
    assert everything_in(output_folder) == ["mine.xlsx"]
    assert_whole(output_folder / "mine.xlsx")


def test_force_where_nothing_exists_builds_as_usual(output_folder):
    assert build("../small.toml", "-o", "mine.xlsx", "--force") == 0
    assert_whole(output_folder / "mine.xlsx")


@pytest.mark.parametrize("arguments", [["nosuchspec"], ["../two.toml", "--blank", "dL_dz"]])
def test_existing_file_survives_a_failing_build_with_force(arguments, output_folder, capsys):
    (output_folder / "mine.xlsx").write_bytes(b"precious")
    assert_refused(build(*arguments, "-o", "mine.xlsx", "--force"), capsys)
    assert (output_folder / "mine.xlsx").read_bytes() == b"precious"
    assert everything_in(output_folder) == ["mine.xlsx"]


def test_dangling_link_is_not_written_through(output_folder, capsys):
    (output_folder / "mine.xlsx").symlink_to(output_folder / "elsewhere.xlsx")
    assert_refused(build("../small.toml", "-o", "mine.xlsx"), capsys, "mine.xlsx")
    assert everything_in(output_folder) == ["mine.xlsx"]
    assert (output_folder / "mine.xlsx").is_symlink()


def test_file_that_appears_during_the_build_is_not_replaced(output_folder):
    # The first thing the build does in the folder, we do first.
    appear = f"""
        import sys
        def appear(event, arguments, done=[]):
            if not done and any("{WORK}" in str(one) for one in arguments):
                done.append(event)
                with open("mine.xlsx", "w") as file:
                    file.write("precious")
        sys.addaudithook(appear)
    """
    run = run_build("../small.toml", "-o", output_folder / "mine.xlsx", code=appear)
    assert run.returncode == 2, run.stderr
    assert run.stderr.count("\n") == 1
    assert (output_folder / "mine.xlsx").read_bytes() == b"precious"
    assert everything_in(output_folder) == ["mine.xlsx"]


# Where no file can be.


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(".", id="this-folder"),
        pytest.param("", id="empty"),
        pytest.param("folder", id="folder"),
        pytest.param("folder/", id="folder-with-slash"),
        pytest.param("file/mine.xlsx", id="below-a-file"),
        pytest.param("file/a/b/mine.xlsx", id="far-below-a-file"),
        pytest.param("/proc/nonexistent/mine.xlsx", id="below-proc"),
        pytest.param("/proc/mine.xlsx", id="in-proc"),
        pytest.param("pipe", id="pipe"),
        pytest.param("x" * 300 + ".xlsx", id="name-too-long"),
        pytest.param("/".join(["x" * 200] * 30), id="path-too-long"),
        pytest.param("loop/mine.xlsx", id="below-a-loop-of-links"),
    ],
)
@pytest.mark.parametrize("force", [[], ["--force"]], ids=["new", "force"])
def test_output_that_cannot_be_written_is_refused(path, force, output_folder, capsys):
    (output_folder / "folder").mkdir()
    (output_folder / "file").write_bytes(b"precious")
    (output_folder / "loop").symlink_to("loop")
    os.mkfifo(output_folder / "pipe")
    before = everything_in(output_folder)
    assert_refused(build("../small.toml", "-o", path, *force), capsys, Path(path).name[:20])
    assert everything_in(output_folder) == before
    assert (output_folder / "file").read_bytes() == b"precious"


def test_full_disk_leaves_nothing_and_says_so(output_folder):
    fill = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))"
    run = run_build("../small.toml", "-o", "mine.xlsx", code=fill)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert "mine.xlsx" in run.stderr
    assert everything_in(output_folder) == []


def test_full_disk_leaves_the_file_that_was_to_be_replaced(output_folder):
    (output_folder / "mine.xlsx").write_bytes(b"precious")
    fill = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))"
    run = run_build("../small.toml", "-o", "mine.xlsx", "--force", code=fill)
    assert run.returncode == 2
    assert (output_folder / "mine.xlsx").read_bytes() == b"precious"
    assert everything_in(output_folder) == ["mine.xlsx"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["nosuchspec"], id="no-such-spec"),
        pytest.param(["../broken.toml"], id="broken-spec"),
        pytest.param(["../small.toml", "--blank", "dL_dz"], id="unknown-tensor"),
        pytest.param(["../small.toml", "--blank", "conv1.w"], id="given-tensor"),
        pytest.param(["../small.toml", "--seed", "-1"], id="negative-seed"),
        pytest.param(["../small.toml", "--seed", "one"], id="seed-of-letters"),
        pytest.param(["../small.toml", "--sed", "1"], id="unknown-option"),
        pytest.param(["../small.toml", "extra"], id="too-many-arguments"),
        pytest.param([], id="no-spec"),
    ],
)
def test_build_that_fails_leaves_nothing(arguments, output_folder, capsys):
    (output_folder.parent / "broken.toml").write_text(SMALL.replace("kernel = 2", "kernel = 4"))
    assert_refused(build(*arguments, "-o", "new/mine.xlsx"), capsys)
    assert everything_in(output_folder) == []
