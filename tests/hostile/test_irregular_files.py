"""Pipes, devices and endless files in place of any file that is read or written."""

import io
import os
import shlex
import sys
import zipfile

import numpy as np
import pytest

import xlbackprop
from tests.support.spec_texts import with_array
from tests.support.watched_program import assert_refused, call, run, watch
from xlbackprop.report.outputs import OUTPUTS
from xlbackprop.spec.array_files import MAX_BYTES, read_array_file

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")

ENDLESS = "/dev/zero"


@pytest.fixture(scope="module")
def folder_of_all(tmp_path_factory):
    folder = tmp_path_factory.mktemp("irregular")
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "pipe.npy")
    xlbackprop.build("mlp-2-2-2", folder / "mine.xlsx")
    for name, spec in (("of-pipe", "pipe"), ("of-device", ENDLESS)):
        (folder / f"{name}.toml").write_text(f'spec = "{spec}"\n[tensors]\nx = "A1"\n')
    (folder / "array-of-pipe.toml").write_text(with_array("conv1.h", '"pipe.npy"'))
    for suffix in ("npy", "npz", "csv"):
        (folder / f"endless.{suffix}").symlink_to(ENDLESS)
        name = f"endless.{suffix}" + ":key" * (suffix == "npz")
        (folder / f"endless-{suffix}.toml").write_text(with_array("conv1.h", f'"{name}"'))
    return folder


@pytest.fixture
def folder(folder_of_all, monkeypatch):
    monkeypatch.chdir(folder_of_all)
    return folder_of_all


READS = [
    *(
        f"{command} {file}"
        for file in ("pipe", ENDLESS)
        for command in (
            "build",
            "equations",
            "check",
            "inspect",
            "explain mine.xlsx w_new --spec",
            "explain mine.xlsx w_new --map",
            "check mine.xlsx --spec",
            "check mine.xlsx --map",
            "inspect mine.xlsx --spec",
            "inspect mine.xlsx --map",
            "locate mine.xlsx --spec",
            "locate --spec mlp-2-2-2",
            "locate --guess",
        )
    ),
    "check mine.xlsx --map of-pipe.toml",
    "check mine.xlsx --map of-device.toml",
    "inspect mine.xlsx --map of-device.toml",
    "build array-of-pipe.toml",
    "build endless-npy.toml",
    "build endless-npz.toml",
    "build endless-csv.toml",
]

QUICK_READS = [
    "build pipe",
    f"check mine.xlsx --spec {ENDLESS}",
    "check mine.xlsx --map pipe",
    "check mine.xlsx --map of-device.toml",
    "build array-of-pipe.toml",
    "build endless-npz.toml",
    "build endless-csv.toml",
]

WRITES = [
    "build mlp-2-2-2 --force -o",
    "equations mlp-2-2-2 --force -o",
    "locate mine.xlsx --spec mlp-2-2-2 --force -o",
    *(f"check mine.xlsx --force --{form.option}" for form in OUTPUTS.values()),
]


@pytest.mark.many(quick=QUICK_READS)
@pytest.mark.parametrize("command", READS)
def test_what_is_no_regular_file_is_not_read(command, folder, capsys):
    assert call(*command.split()) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1, output.err
    assert "no regular file" in output.err
    assert not (folder / "output").exists()


@pytest.mark.many(quick=["build mlp-2-2-2 --force -o-pipe"])
@pytest.mark.parametrize("file", ["pipe", "/dev/null"])
@pytest.mark.parametrize("command", WRITES)
def test_what_is_no_regular_file_is_not_written(command, file, folder, capsys):
    assert call(*command.split(), file) == 2
    output = capsys.readouterr()
    assert output.err.count("\n") == 1, output.err
    assert "no regular file" in output.err
    assert (folder / "pipe").is_fifo()


def header_of(shape, dtype="<f8"):
    stream = io.BytesIO()
    what = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, what)
    return stream.getvalue()


def bomb(path, megabytes):
    """Write an archive of which one part unpacks to so many megabytes of zeros."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("key.npy", "w", force_zip64=True) as part,
    ):
        part.write(header_of((megabytes * 125_000,)))
        for _ in range(megabytes):
            part.write(bytes(1_000_000))


ARRAYS = {
    "large.csv": lambda path: path.write_bytes(b"1," * (MAX_BYTES // 2 - 1) + b"1"),
    "claims.npy": lambda path: path.write_bytes(header_of((1 << 27,)) + bytes(100)),
    "sparse.npy": lambda path: (path.write_bytes(header_of((9,))), os.truncate(path, 4 << 30)),
    "bomb.npz:key": lambda path: bomb(path, 60),
}


@pytest.mark.hostile(quick=["large.csv", "claims.npy", "sparse.npy"])
@pytest.mark.parametrize("name", ARRAYS)
def test_array_file_too_large_is_refused(name, tmp_path):
    ARRAYS[name](tmp_path / name.partition(":")[0])
    with pytest.raises(xlbackprop.SpecError, match=r"cannot read .*(more|larger) than"):
        read_array_file(name, tmp_path, "values.arrays: conv1.h")


@pytest.mark.hostile
@pytest.mark.parametrize("name", ARRAYS)
def test_array_file_too_large_takes_neither_time_nor_memory(name, tmp_path):
    ARRAYS[name](tmp_path / name.partition(":")[0])
    (tmp_path / "net.toml").write_text(with_array("conv1.h", f'"{name}"'))
    assert_refused(run(tmp_path / "net.toml", "build"), "cannot read")


@pytest.mark.hostile
def test_endless_standard_input_is_refused():
    outcome = watch(
        "/bin/sh",
        "-c",
        f"yes | {shlex.quote(sys.executable)} -m xlbackprop build /dev/stdin",
        seconds=5,
    )
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
