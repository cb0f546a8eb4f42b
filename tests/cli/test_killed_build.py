"""A build that is killed or interrupted leaves no half file."""

import signal
import subprocess
import time

import pytest

from tests.support.building import WORK, assert_whole, command, everything_in, run_build
from tests.support.program import environment

# Ends the process before its n-th step that touches the output's folder.
END_AT_STEP = """
    import os, signal, sys
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run behind a &
    def end(event, arguments, steps=[0]):
        if any("{output_folder}" in str(one) for one in arguments):
            steps[0] += 1
            if steps[0] == {step}:
                os.kill(os.getpid(), signal.{signal})
    sys.addaudithook(end)
"""


def assert_nothing_half(output_folder, *, otherwise=None):
    """Assert that the folder holds the whole output, or what was there before."""
    path = output_folder / "mine.xlsx"
    if path.exists() and path.read_bytes() != otherwise:
        assert_whole(path)
    else:
        assert path.exists() == (otherwise is not None)
    assert everything_in(output_folder) == (["mine.xlsx"] if path.exists() else [])


def kill_at_every_step(output_folder, signal_name, *options):
    """Yield a run for each step at which a build can be ended; the last one ran through."""
    for step in range(1, 60):
        code = END_AT_STEP.format(step=step, signal=signal_name, output_folder=WORK)
        run = run_build("../small.toml", "-o", output_folder / "mine.xlsx", *options, code=code)
        yield run
        if run.returncode == 0:
            assert step > 1, "no step of the build was seen"
            return
    pytest.fail("the build never came to its end")


@pytest.mark.kills(quick=["SIGKILL"])
@pytest.mark.parametrize("signal_name", ["SIGKILL", "SIGTERM"])
def test_build_killed_between_any_two_steps_leaves_no_half_file(signal_name, output_folder):
    for run in kill_at_every_step(output_folder, signal_name):
        assert run.returncode in (0, -signal.Signals[signal_name])
        assert_nothing_half(output_folder)
        (output_folder / "mine.xlsx").unlink(missing_ok=True)


@pytest.mark.kills
def test_build_with_force_killed_between_any_two_steps_leaves_the_old_file_or_the_new(
    output_folder,
):
    (output_folder / "mine.xlsx").write_bytes(b"precious")
    for _ in kill_at_every_step(output_folder, "SIGKILL", "--force"):
        path = output_folder / "mine.xlsx"
        if path.read_bytes() != b"precious":
            assert_whole(path)
        path.write_bytes(b"precious")
        # Replacing takes a second name; nothing on the system can avoid it.
        for leftover in set(output_folder.iterdir()) - {path}:
            leftover.unlink()


def test_build_interrupted_between_any_two_steps_cleans_up_and_says_so(output_folder):
    for run in kill_at_every_step(output_folder, "SIGINT"):
        assert_nothing_half(output_folder)
        if run.returncode != 0:
            assert run.returncode in (2, 130, -signal.SIGINT)
            assert run.stderr.strip().count("\n") == 0
            assert "Traceback" not in run.stderr
        (output_folder / "mine.xlsx").unlink(missing_ok=True)


@pytest.mark.kills
@pytest.mark.parametrize("kilobytes", [0, 1, 5])
@pytest.mark.parametrize("options", [[], ["--force"]], ids=["new", "force"])
def test_build_killed_in_the_middle_of_writing_leaves_no_half_file(
    kilobytes, options, output_folder
):
    die = f"""
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, ({kilobytes * 1024}, {kilobytes * 1024}))
    """
    run = run_build("../small.toml", "-o", "mine.xlsx", *options, code=die)
    assert run.returncode == -signal.SIGXFSZ
    assert not (output_folder / "mine.xlsx").exists()
    if not options:
        assert everything_in(output_folder) == []


@pytest.mark.kills
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_build_killed_at_any_moment_leaves_no_half_file(signal_number, output_folder):
    start = time.monotonic()
    assert run_build("../big.toml", "-o", "mine.xlsx").returncode == 0
    whole = time.monotonic() - start
    killed = 0
    for moment in range(13):
        (output_folder / "mine.xlsx").unlink(missing_ok=True)
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
        assert_nothing_half(output_folder)
    assert killed >= 5
