"""What `build` leaves on the disk: a whole file where it was asked for, or nothing."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.program import TWO_LAYERS, environment
from xlbackprop.__main__ import main
from xlbackprop.errors import OutputError, SpecError

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


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder in which commands run, with the specs beside it."""
    for name, text in {"small": SMALL, "two": TWO_LAYERS, "big": BIG}.items():
        (tmp_path / f"{name}.toml").write_text(text)
    work = tmp_path / WORK
    work.mkdir()
    monkeypatch.chdir(work)
    return work


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


# Where the file goes.


def test_default_path_is_output_and_the_spec_s_name(folder, capsys):
    assert build("conv5x5x2") == 0
    assert everything_in(folder) == ["output", "output/conv5x5x2.xlsx"]
    assert capsys.readouterr().out.strip() == str(Path("output", "conv5x5x2.xlsx"))
    assert_whole(folder / "output" / "conv5x5x2.xlsx")


def test_default_path_takes_the_name_from_the_spec_not_from_its_file(folder):
    (folder / "other.toml").write_text(SMALL)
    assert build("other.toml") == 0
    assert (folder / "output" / "small.xlsx").exists()


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_output_option_names_the_file(option, folder):
    assert build("../small.toml", option, "mine.xlsx") == 0
    assert everything_in(folder) == ["mine.xlsx"]


def test_output_s_missing_folders_are_made(folder):
    assert build("../small.toml", "-o", "a/b/c/mine.xlsx") == 0
    assert_whole(folder / "a" / "b" / "c" / "mine.xlsx")


def test_library_returns_the_path_it_wrote(folder):
    path = xlbackprop.build("conv5x5x2", "here.xlsx")
    assert path == Path("here.xlsx")
    assert_whole(folder / path)


# What is there already.


@pytest.mark.parametrize("path", ["mine.xlsx", None], ids=["named", "default"])
def test_existing_file_is_refused_and_left_as_it_is(path, folder, capsys):
    target = folder / (path or "output/small.xlsx")
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(b"precious")
    os.utime(target, ns=(10**18, 10**18))
    before = everything_in(folder)
    status = build("../small.toml", *(["-o", path] if path else []))
    assert_refused(status, capsys, target.name, "--force")
    assert target.read_bytes() == b"precious"
    assert target.stat().st_mtime_ns == 10**18
    assert everything_in(folder) == before


def test_existing_file_raises_in_the_library(folder):
    (folder / "mine.xlsx").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists"):
        xlbackprop.build("conv5x5x2", "mine.xlsx")
    assert (folder / "mine.xlsx").read_bytes() == b"precious"


def test_existing_file_is_replaced_with_force(folder):
    (folder / "mine.xlsx").write_bytes(b"old" * 100_000)
    assert build("../small.toml", "-o", "mine.xlsx", "--force") == 0
    assert everything_in(folder) == ["mine.xlsx"]
    assert_whole(folder / "mine.xlsx")


def test_force_where_nothing_exists_builds_as_usual(folder):
    assert build("../small.toml", "-o", "mine.xlsx", "--force") == 0
    assert_whole(folder / "mine.xlsx")


@pytest.mark.parametrize("arguments", [["nosuchspec"], ["../two.toml", "--blank", "dL_dz"]])
def test_existing_file_survives_a_failing_build_with_force(arguments, folder, capsys):
    (folder / "mine.xlsx").write_bytes(b"precious")
    assert_refused(build(*arguments, "-o", "mine.xlsx", "--force"), capsys)
    assert (folder / "mine.xlsx").read_bytes() == b"precious"
    assert everything_in(folder) == ["mine.xlsx"]


def test_dangling_link_is_not_written_through(folder, capsys):
    (folder / "mine.xlsx").symlink_to(folder / "elsewhere.xlsx")
    assert_refused(build("../small.toml", "-o", "mine.xlsx"), capsys, "mine.xlsx")
    assert everything_in(folder) == ["mine.xlsx"]
    assert (folder / "mine.xlsx").is_symlink()


def test_file_that_appears_during_the_build_is_not_replaced(folder):
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
    run = run_build("../small.toml", "-o", folder / "mine.xlsx", code=appear)
    assert run.returncode == 2, run.stderr
    assert run.stderr.count("\n") == 1
    assert (folder / "mine.xlsx").read_bytes() == b"precious"
    assert everything_in(folder) == ["mine.xlsx"]


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
def test_output_that_cannot_be_written_is_refused(path, force, folder, capsys):
    (folder / "folder").mkdir()
    (folder / "file").write_bytes(b"precious")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    before = everything_in(folder)
    assert_refused(build("../small.toml", "-o", path, *force), capsys, Path(path).name[:20])
    assert everything_in(folder) == before
    assert (folder / "file").read_bytes() == b"precious"


def test_full_disk_leaves_nothing_and_says_so(folder):
    fill = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))"
    run = run_build("../small.toml", "-o", "mine.xlsx", code=fill)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert "mine.xlsx" in run.stderr
    assert everything_in(folder) == []


def test_full_disk_leaves_the_file_that_was_to_be_replaced(folder):
    (folder / "mine.xlsx").write_bytes(b"precious")
    fill = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))"
    run = run_build("../small.toml", "-o", "mine.xlsx", "--force", code=fill)
    assert run.returncode == 2
    assert (folder / "mine.xlsx").read_bytes() == b"precious"
    assert everything_in(folder) == ["mine.xlsx"]


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
def test_build_that_fails_leaves_nothing(arguments, folder, capsys):
    (folder.parent / "broken.toml").write_text(SMALL.replace("kernel = 2", "kernel = 4"))
    assert_refused(build(*arguments, "-o", "new/mine.xlsx"), capsys)
    assert everything_in(folder) == []


# A build that is killed.

# Ends the process before its n-th step that touches the output's folder.
END_AT_STEP = """
    import os, signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run behind a &
    def end(event, arguments, steps=[0]):
        if any("{folder}" in str(one) for one in arguments):
            steps[0] += 1
            if steps[0] == {step}:
                os.kill(os.getpid(), signal.{signal})
    sys.addaudithook(end)
"""


def assert_nothing_half(folder, *, otherwise=None):
    """Assert that the folder holds the whole output, or what was there before."""
    path = folder / "mine.xlsx"
    if path.exists() and path.read_bytes() != otherwise:
        assert_whole(path)
    else:
        assert path.exists() == (otherwise is not None)
    assert everything_in(folder) == (["mine.xlsx"] if path.exists() else [])


def kill_at_every_step(folder, signal_name, *options):
    """Yield a run for each step at which a build can be ended; the last one ran through."""
    for step in range(1, 60):
        code = END_AT_STEP.format(step=step, signal=signal_name, folder=WORK)
        run = run_build("../small.toml", "-o", folder / "mine.xlsx", *options, code=code)
        yield run
        if run.returncode == 0:
            assert step > 1, "no step of the build was seen"
            return
    pytest.fail("the build never came to its end")


@pytest.mark.parametrize("signal_name", ["SIGKILL", "SIGTERM"])
def test_build_killed_between_any_two_steps_leaves_no_half_file(signal_name, folder):
    for run in kill_at_every_step(folder, signal_name):
        assert run.returncode in (0, -signal.Signals[signal_name])
        assert_nothing_half(folder)
        (folder / "mine.xlsx").unlink(missing_ok=True)


def test_build_with_force_killed_between_any_two_steps_leaves_the_old_file_or_the_new(folder):
    (folder / "mine.xlsx").write_bytes(b"precious")
    for _ in kill_at_every_step(folder, "SIGKILL", "--force"):
        path = folder / "mine.xlsx"
        if path.read_bytes() != b"precious":
            assert_whole(path)
        path.write_bytes(b"precious")
        # Replacing takes a second name; nothing on the system can avoid it.
        for leftover in set(folder.iterdir()) - {path}:
            leftover.unlink()


def test_build_interrupted_between_any_two_steps_cleans_up_and_says_so(folder):
    for run in kill_at_every_step(folder, "SIGINT"):
        assert_nothing_half(folder)
        if run.returncode != 0:
            assert run.returncode in (2, 130, -signal.SIGINT)
            assert run.stderr.strip().count("\n") == 0
            assert "Traceback" not in run.stderr
        (folder / "mine.xlsx").unlink(missing_ok=True)


@pytest.mark.parametrize("kilobytes", [0, 1, 5])
@pytest.mark.parametrize("options", [[], ["--force"]], ids=["new", "force"])
def test_build_killed_in_the_middle_of_writing_leaves_no_half_file(kilobytes, options, folder):
    die = f"""
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, ({kilobytes * 1024}, {kilobytes * 1024}))
    """
    run = run_build("../small.toml", "-o", "mine.xlsx", *options, code=die)
    assert run.returncode == -signal.SIGXFSZ
    assert not (folder / "mine.xlsx").exists()
    if not options:
        assert everything_in(folder) == []


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_build_killed_at_any_moment_leaves_no_half_file(signal_number, folder):
    start = time.monotonic()
    assert run_build("../big.toml", "-o", "mine.xlsx").returncode == 0
    whole = time.monotonic() - start
    killed = 0
    for moment in range(13):
        (folder / "mine.xlsx").unlink(missing_ok=True)
        arguments = command("../big.toml", "-o", "mine.xlsx")
        with subprocess.Popen(arguments, env=environment(), stdout=subprocess.DEVNULL) as process:
            try:
                # Most moments lie in the last fifth, where the file is written.
                share = moment / 8 if moment < 6 else 0.8 + (moment - 6) * 0.03
                process.wait(timeout=whole * share)
            except subprocess.TimeoutExpired:
                process.send_signal(signal_number)
        killed += process.returncode == -signal_number
        assert process.returncode in (0, -signal_number)
        assert_nothing_half(folder)
    assert killed >= 5


# The file itself.


@pytest.mark.parametrize(
    ("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640), (0o002, 0o664)]
)
@pytest.mark.parametrize("options", [[], ["--force"]], ids=["new", "force"])
def test_permissions_follow_the_umask(mask, mode, options, folder):
    before = os.umask(mask)
    try:
        assert build("../small.toml", "-o", "mine.xlsx", *options) == 0
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (folder / "mine.xlsx").stat().st_mode & 0o7777 == mode


@pytest.mark.parametrize(
    "options",
    [[], ["--blank", "all"], ["--blank", "all", "--practice"], ["--seed", "5"]],
    ids=str,
)
def test_same_spec_and_seed_give_the_same_bytes(options, folder):
    digests = set()
    for number, (zone, seed) in enumerate([("UTC", "1"), ("Pacific/Auckland", "2")]):
        path = folder / f"{number}.xlsx"
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


def test_another_seed_gives_other_numbers(folder):
    for seed in (1, 2):
        assert build("../two.toml", "-o", f"{seed}.xlsx", "--seed", seed) == 0
    first, second = numbers_of(folder / "1.xlsx"), numbers_of(folder / "2.xlsx")
    assert set(first) == set(second)
    assert first["conv1.h.0"] != second["conv1.h.0"]
    assert first["conv2.w.0.1"] != second["conv2.w.0.1"]


def test_seed_overrides_the_spec_s(folder):
    (folder / "seeded.toml").write_text(TWO_LAYERS + "[values]\nseed = 9\n")
    assert build("seeded.toml", "-o", "a.xlsx", "--seed", "4") == 0
    assert build("../two.toml", "-o", "b.xlsx", "--seed", "4") == 0
    assert build("seeded.toml", "-o", "c.xlsx") == 0
    assert numbers_of(folder / "a.xlsx") == numbers_of(folder / "b.xlsx")
    assert numbers_of(folder / "a.xlsx") != numbers_of(folder / "c.xlsx")


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
def test_blank_leaves_the_meant_tensors_empty_and_no_others(asked, meant, folder):
    assert build("../two.toml", "-o", "mine.xlsx", "--blank", asked) == 0
    assert blank_in(folder / "mine.xlsx") == meant
    numbers = numbers_of(folder / "mine.xlsx")
    for name, rows in numbers.items():
        tensor = ".".join(name.split(".")[:2])
        values = {value is None for row in rows for value in row}
        assert values == {tensor in meant}, name


def test_blank_all_keeps_givens_and_parameters(folder):
    assert build("../two.toml", "-o", "full.xlsx") == 0
    assert build("../two.toml", "-o", "blank.xlsx", "--blank", "all") == 0
    full, blank = numbers_of(folder / "full.xlsx"), numbers_of(folder / "blank.xlsx")
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
def test_blank_of_what_cannot_be_blank_is_refused(asked, words, folder, capsys):
    status = build("../two.toml", "-o", "mine.xlsx", "--blank", asked)
    output = capsys.readouterr()
    assert status == 2
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert output.err.rstrip("\n").isprintable()
    assert all(word in output.err for word in words), output.err
    assert everything_in(folder) == []


def test_blank_of_what_cannot_be_blank_raises_in_the_library(folder):
    with pytest.raises(SpecError, match="dL_dz"):
        xlbackprop.build("conv5x5x2", "mine.xlsx", blank=["dL_dz"])
    assert everything_in(folder) == []
