"""The built file itself: permissions, the same bytes for the same seed, blanks."""

import hashlib
import os
import subprocess

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.building import build, command, everything_in
from tests.support.program import ROOT, TWO_LAYERS, environment
from xlbackprop.errors import SpecError


@pytest.mark.parametrize(
    ("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640), (0o002, 0o664)]
)
@pytest.mark.parametrize("options", [[], ["--force"]], ids=["new", "force"])
def test_permissions_follow_the_umask(mask, mode, options, output_folder):
    before = os.umask(mask)
    try:
        assert build("../small.toml", "-o", "mine.xlsx", *options) == 0
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (output_folder / "mine.xlsx").stat().st_mode & 0o7777 == mode


@pytest.mark.many(quick=["[]"])
@pytest.mark.parametrize(
    "options",
    [[], ["--blank", "all"], ["--blank", "all", "--practice"], ["--seed", "5"]],
    ids=str,
)
def test_same_spec_and_seed_give_the_same_bytes(options, output_folder):
    digests = set()
    for number, (zone, seed) in enumerate([("UTC", "1"), ("Pacific/Auckland", "2")]):
        path = output_folder / f"{number}.xlsx"
        subprocess.run(
            command("../two.toml", "-o", path, *options),
            env=environment(TZ=zone, PYTHONHASHSEED=seed),
            check=True,
            capture_output=True,
        )
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
        os.utime(path, (0, 0))
    assert len(digests) == 1


def numbers_of(path):
    """Return each defined name's saved values."""
    workbook = openpyxl.load_workbook(path, data_only=True)
    numbers = {}
    for name, defined in workbook.defined_names.items():
        ((sheet, area),) = defined.destinations
        cells = workbook[sheet][area]
        rows = cells if isinstance(cells, tuple) else ((cells,),)
        numbers[name] = [[cell.value for cell in row] for row in rows]
    return numbers


def test_another_seed_gives_other_numbers(output_folder):
    for seed in (1, 2):
        assert build("../two.toml", "-o", f"{seed}.xlsx", "--seed", seed) == 0
    first, second = numbers_of(output_folder / "1.xlsx"), numbers_of(output_folder / "2.xlsx")
    assert set(first) == set(second)
    assert first["conv1.h.0"] != second["conv1.h.0"]
    assert first["conv2.w.0.1"] != second["conv2.w.0.1"]


def test_seed_overrides_the_spec_s(output_folder):
    (output_folder / "seeded.toml").write_text(TWO_LAYERS + "[values]\nseed = 9\n")
    assert build("seeded.toml", "-o", "a.xlsx", "--seed", "4") == 0
    assert build("../two.toml", "-o", "b.xlsx", "--seed", "4") == 0
    assert build("seeded.toml", "-o", "c.xlsx") == 0
    assert numbers_of(output_folder / "a.xlsx") == numbers_of(output_folder / "b.xlsx")
    assert numbers_of(output_folder / "a.xlsx") != numbers_of(output_folder / "c.xlsx")


# Blanks.


def blank_in(path):
    """Return the tensors of which every cell is blank; no tensor may be blank in part."""
    report = xlbackprop.check(path)
    for tensor in report.tensors:
        assert len(tensor.counts) == 1 or "blank" not in tensor.counts
    return {tensor.name for tensor in report.tensors if "blank" in tensor.counts}


COMPUTED = {
    *("conv1.out", "conv1.dL_dout", "conv1.dL_dout_spread", "conv1.dL_dw", "conv1.dL_db"),
    *("conv1.w_rotated", "conv1.dL_dh", "conv2.h", "conv2.out", "conv2.dL_dout_spread"),
    *("conv2.dL_dw", "conv2.dL_db", "conv2.w_rotated", "conv2.dL_dh", "loss.L"),
}


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        pytest.param("conv1.dL_dw", {"conv1.dL_dw"}, id="full-name"),
        pytest.param("dL_dw", {"conv1.dL_dw", "conv2.dL_dw"}, id="last-part"),
        pytest.param("dL_dw,conv2.out", {"conv1.dL_dw", "conv2.dL_dw", "conv2.out"}, id="several"),
        pytest.param(
            " dL_dw , conv1.dL_dw,", {"conv1.dL_dw", "conv2.dL_dw"}, id="spaces-and-twice"
        ),
        pytest.param("loss.L", {"loss.L"}, id="loss"),
        pytest.param("h", {"conv2.h"}, id="link"),
        pytest.param("all", COMPUTED, id="all"),
        pytest.param("all,dL_dw", COMPUTED, id="all-and-more"),
    ],
)
def test_blank_leaves_the_meant_tensors_empty_and_no_others(asked, meant, output_folder):
    assert build("../two.toml", "-o", "mine.xlsx", "--blank", asked) == 0
    assert blank_in(output_folder / "mine.xlsx") == meant
    numbers = numbers_of(output_folder / "mine.xlsx")
    for name, rows in numbers.items():
        tensor = ".".join(name.split(".")[:2])
        values = {value is None for row in rows for value in row}
        assert values == {tensor in meant}, name


def test_blank_all_keeps_givens_and_parameters(output_folder):
    assert build("../two.toml", "-o", "full.xlsx") == 0
    assert build("../two.toml", "-o", "blank.xlsx", "--blank", "all") == 0
    full, blank = numbers_of(output_folder / "full.xlsx"), numbers_of(output_folder / "blank.xlsx")
    kept = [name for name in full if ".".join(name.split(".")[:2]) not in COMPUTED]
    assert {"conv1.h.0", "conv1.w.0.0", "conv2.b.0"} <= set(kept)
    for name in kept:
        np.testing.assert_array_equal(blank[name], full[name])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param("dL_dz", ["'dL_dz'"], id="unknown"),
        pytest.param("conv1.dL_dww", ["'conv1.dL_dww'", "conv1.dL_dw"], id="misspelt"),
        pytest.param("conv3.dL_dw", ["'conv3.dL_dw'"], id="other-layer"),
        pytest.param("dL_dw,dL_dz", ["'dL_dz'"], id="one-of-two"),
        pytest.param("conv1", ["'conv1'"], id="layer"),
        pytest.param("ALL", ["'ALL'"], id="all-in-capitals"),
        pytest.param("conv1.w", ["conv1.w", "given"], id="parameter"),
        pytest.param("w", ["w", "given"], id="last-part-of-a-parameter"),
        pytest.param("conv1.h", ["conv1.h", "given"], id="input"),
        pytest.param("a\x1b[31mb", ["blank"], id="escape-sequence"),
    ],
)
def test_blank_of_what_cannot_be_blank_is_refused(asked, words, output_folder, capsys):
    status = build("../two.toml", "-o", "mine.xlsx", "--blank", asked)
    output = capsys.readouterr()
    assert status == 2
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert output.err.rstrip("\n").isprintable()
    assert all(word in output.err for word in words), output.err
    assert everything_in(output_folder) == []


def test_blank_of_what_cannot_be_blank_raises_in_the_library(output_folder):
    with pytest.raises(SpecError, match="dL_dz"):
        xlbackprop.build("conv5x5x2", "mine.xlsx", blank=["dL_dz"])
    assert everything_in(output_folder) == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")
def test_output_folder_is_there_in_a_fresh_clone_and_what_is_written_there_is_ignored():
    listed = subprocess.run(
        ["git", "ls-files", "output"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert listed.stdout.split() == ["output/.gitignore"]
    for name, status in {"output/conv5x5x2.xlsx": 0, "output/.gitignore": 1}.items():
        ignored = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
        assert ignored.returncode == status


def test_first_command_can_be_run_again(output_folder):
    assert build("../small.toml", "--force") == 0
    assert build("../small.toml") == 2
    assert build("../small.toml", "--force") == 0
    assert everything_in(output_folder) == ["output", "output/small.xlsx"]
