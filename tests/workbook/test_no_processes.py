"""Where the system starts no process or no thread, a check goes on without, and says so."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import threading

import pytest

import xlbackprop
from tests.support.filling import fill
from tests.support.program import environment
from xlbackprop.workbook.engine.process import shares

REFUSALS = {
    "forbidden": PermissionError(errno.EPERM, "Operation not permitted"),
    "unknown": OSError(errno.ENOSYS, "Function not implemented"),
    "too-many": BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
}


def refusing(error):
    def refuse(*_, **__):
        raise error

    return refuse


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / "mine.xlsx"
    xlbackprop.build("mlp-2-2-2", path)
    return path


@pytest.mark.many(quick=["forbidden"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_libreoffice_that_cannot_be_started_is_told(refusal, workbook, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", refusing(REFUSALS[refusal]))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    report = xlbackprop.check(workbook, engine="libreoffice")
    assert report.verdict == "right"
    (note,) = (str(note) for note in report.notes if "cannot be started" in str(note))
    assert REFUSALS[refusal].strerror in note


@pytest.mark.many(quick=["forbidden"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_check_without_processes_recalculates(refusal, stale, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", refusing(REFUSALS[refusal]))
    assert_recalculated(xlbackprop.check(stale))


def test_check_without_threads_recalculates(stale, monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", refusing(RuntimeError("no new thread")))
    assert_recalculated(xlbackprop.check(stale))


@pytest.fixture
def stale(workbook, tmp_path):
    """Return a workbook beside one of whose formulas an old number was saved."""
    path = tmp_path / "stale.xlsx"
    shutil.copy(workbook, path)
    fill(path, {("dense1.out", (0,)): ("=1+1", 1.0)})
    return path


def assert_recalculated(report):
    (cell,) = (one for one in report.cells if (one.tensor, one.index) == ("dense1.out", (0,)))
    assert (cell.status, cell.found) == ("wrong", 2.0)


def test_table_is_read_without_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", refusing(REFUSALS["forbidden"]))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "table.csv").write_text("1,2\n3,4\n")
    with pytest.raises(xlbackprop.XlbackpropError, match="nothing that is computed"):
        xlbackprop.check(tmp_path / "table.csv", spec="mlp-2-2-2")
    assert not list((tmp_path / "temporary").iterdir())


def test_table_without_a_place_for_temporary_folders_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "nowhere"))
    (tmp_path / "table.csv").write_text("1,2\n3,4\n")
    with pytest.raises(xlbackprop.WorkbookError, match="no temporary folder can be made"):
        xlbackprop.check(tmp_path / "table.csv", spec="mlp-2-2-2")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_draws_are_computed_where_no_more_processes_are_started(monkeypatch):
    monkeypatch.setattr(shares, "allow_processes", lambda _: None)
    monkeypatch.setattr(shares, "_cores", lambda: 3)
    monkeypatch.setattr(os, "fork", refusing(REFUSALS["too-many"]))
    answers = list(shares.shared(lambda number: ({"number": number}, b""), 7, 100_000))
    assert [header["number"] for header, _ in answers] == list(range(7))


# An engine that can start no process to watch over it, and never looks up from its work.
UNWATCHED = """
import os, time
from xlbackprop.workbook.engine.process.limits import end_with
def refuse(): raise PermissionError
reading, writing = os.pipe()
engine = os.fork()
if not engine:
    os.close(writing)
    os.fork = refuse
    end_with(reading)
    os.write(1, b"at work")
    while True:
        pass
os.close(reading)
time.sleep(0.2 if {later} else 0)
os.close(writing)
os.waitpid(engine, 0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the end of a pipe")
@pytest.mark.parametrize("later", [True, False], ids=["at-work", "at-once"])
def test_engine_without_a_watcher_ends_with_its_parent(later):
    command = [sys.executable, "-S", "-c", UNWATCHED.format(later=later)]
    # It ends itself, or this fails with the time.
    with subprocess.Popen(command, env=environment(), start_new_session=True) as process:
        try:
            assert process.wait(timeout=10) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)
