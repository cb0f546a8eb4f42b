"""Marking by a Dask cluster: the same results byte for byte, also where a worker dies."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

import xlbackprop
from tests.classroom.classes import Class, H
from tests.classroom.test_grade import contents
from tests.support.command_line import assert_refused, called
from tests.support.program import environment

# A scheduler and two workers of one thread each, until stdin ends.
CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp",
                      host="127.0.0.1", silence_logs=50) as cluster:
        print(cluster.scheduler_address, *(one.pid for one in cluster.workers.values()), flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def cluster(tmp_path):
    """The address of a cluster, and the process ids of its workers."""
    pytest.importorskip("distributed")
    (tmp_path / "cluster.py").write_text(CLUSTER)
    command = [sys.executable, str(tmp_path / "cluster.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=environment(), cwd=tmp_path,
    ) as process:  # fmt: skip
        address, *workers = process.stdout.readline().split()
        yield address, list(map(int, workers))
        process.stdin.close()
        process.wait(60)


@pytest.mark.kills
@pytest.mark.filterwarnings("default")  # Dask's own, of sockets that it closes when it is done
def test_results_are_the_same_though_a_worker_is_killed(cluster, tmp_path):
    own = Class(tmp_path, 8)
    for number in range(6):
        own.hand_in_formulas(number)
    own.hand_in_numbers(6, dL_dh=own.slip(6, H, "filter not rotated"))
    own.path(7).write_bytes(own.handout(7)[:5000])
    here = xlbackprop.grade(own.folder, own.submissions, feedback=False, jobs=2)
    expected = contents(own.folder)
    for path in (own.folder / "results").rglob("*.json"):
        path.unlink()
    address, workers = cluster
    grading = xlbackprop.grade_each(own.folder, own.submissions, feedback=False, cluster=address)
    seen = []
    for one in grading:
        seen.append(one.id)
        if len(seen) == 2:
            os.kill(workers[0], signal.SIGKILL)
    assert sorted(seen) == sorted(own.assignment.students)
    assert [(one.id, one.points) for one in grading.grades.results] == [
        (one.id, one.points) for one in here.results
    ]
    assert grading.grades.marked == 8
    assert contents(own.folder) == expected
    left = psutil.Process(workers[1]).children(recursive=True)
    assert not any("classroom.marking.worker" in " ".join(one.cmdline()) for one in left)
    assert not psutil.pid_exists(workers[0]) or psutil.Process(workers[0]).status() == "zombie"


def test_cluster_that_is_not_there_gets_one_line(folder, capsys, monkeypatch):
    own = Class(folder, 1)
    own.path(0).write_bytes(own.handout(0))
    outcome = called(capsys, "grade", own.folder, own.submissions, "--cluster", "x", "--jobs", "2")
    assert_refused(outcome, "--jobs or --cluster")
    monkeypatch.setitem(sys.modules, "distributed", None)
    outcome = called(capsys, "grade", own.folder, own.submissions, "--cluster", "tcp://x:1")
    assert_refused(outcome, "pip install 'xlbackprop[cluster]'")
    assert not (own.folder / "results").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_address_without_a_scheduler_gets_one_line(folder, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("xlbackprop.classroom.marking.cluster._PATIENCE_SECONDS", 1)
    own = Class(folder, 1)
    own.path(0).write_bytes(own.handout(0))
    for address in ("tcp://127.0.0.1:1", "nonsense://x", "localhost"):
        outcome = called(capsys, "grade", own.folder, own.submissions, "--cluster", address)
        assert_refused(outcome, "no Dask scheduler", address)
