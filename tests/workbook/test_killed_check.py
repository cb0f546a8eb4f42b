"""A check that is ended at any moment leaves no process and no temporary folder."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import psutil
import pytest

import xlbackprop
from tests.support.oracles.libreoffice import require_libreoffice
from tests.support.program import environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are no such signals here")

SLOW = "=SUM(C1:AB300000*C1:AB300000)"
MOST_SECONDS = 8  # until all is gone


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A workbook of which one cell keeps an engine busy for a minute."""
    path = tmp_path_factory.mktemp("slow") / "slow.xlsx"
    xlbackprop.build("mlp-2-2-2", path)
    book = openpyxl.load_workbook(path)
    book["dense1"]["R10"] = SLOW
    book.save(path)
    return path


def start(path, temporary, *options):
    """Start a check whose temporary files stand in a folder of their own."""
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "xlbackprop", "check", path, *options],
        env=environment(TMPDIR=str(temporary)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def of_one(temporary):
    """Return the processes that were started with a folder for their temporary files."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(temporary) in process.environ().get("TMPDIR", ""):
                found.append(process)
        except psutil.Error:
            continue
    return found


def sockets(temporary):
    """Return where the processes of one run have sockets."""
    found = set()
    for process in of_one(temporary):
        try:
            found |= {one.laddr for one in process.net_connections("unix") if one.laddr}
        except psutil.Error:
            continue
    return {path for path in found if "OSL_PIPE" in path}


def assert_nothing_left(temporary):
    ends = time.monotonic() + MOST_SECONDS
    while (left := [*of_one(temporary), *temporary.iterdir()]) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not left


def wait_for(condition):
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.mark.kills(quick=["kill"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_check_that_is_ended_leaves_no_engine(how, slow, tmp_path):
    temporary = tmp_path / "temporary"
    process = start(slow, temporary)
    wait_for(lambda: len(of_one(temporary)) >= 3)  # the engine, and what watches over it
    time.sleep(0.3)
    process.send_signal(how)
    assert process.wait() == -how
    assert_nothing_left(temporary)


@pytest.mark.kills
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_check_that_is_ended_at_any_moment_leaves_no_engine(how, slow, tmp_path):
    moments = random.Random(5)
    temporary = tmp_path / "temporary"
    for _ in range(8):
        process = start(slow, temporary)
        time.sleep(moments.uniform(0.05, 1.2))
        process.send_signal(how)
        process.wait()
        assert_nothing_left(temporary)


@pytest.mark.kills
@pytest.mark.libreoffice
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_check_that_is_ended_at_any_moment_leaves_no_libreoffice(how, slow, tmp_path):
    require_libreoffice()
    moments = random.Random(6)
    temporary = tmp_path / "temporary"
    seen = set()
    for _ in range(6):
        options = ("--engine", "libreoffice")
        process = start(slow, temporary, *options)
        time.sleep(moments.uniform(0.1, 3))
        seen |= sockets(temporary)
        process.send_signal(how)
        process.wait()
        assert_nothing_left(temporary)
    assert seen
    assert not [path for path in seen if Path(path).exists()]


@pytest.mark.kills
def test_table_that_is_being_read_leaves_no_folder(tmp_path):
    temporary, table = tmp_path / "temporary", tmp_path / "table.csv"
    table.write_text("1,2,3,4\n" * 100_000)
    process = start(table, temporary, "--spec", "mlp-2-2-2")
    wait_for(lambda: list(temporary.iterdir()) or process.poll() is not None)
    assert process.poll() is None
    process.kill()
    process.wait()
    assert_nothing_left(temporary)
