"""The program run as a process of its own, with the time and the memory that it takes."""

import json
import re
import subprocess
import sys
import unicodedata
from dataclasses import dataclass

from tests.support.program import environment
from xlbackprop.__main__ import main

SECONDS, MEGABYTES = 10, 500


# A process of its own, because the peak memory of a child counts that of what it was started by.
# Seconds are those of the processor, so that a busy machine fails no test; what only waits is
# ended all the same.
WATCH = """
import json, os, resource, subprocess, sys, tempfile, threading
seconds, patience, *command = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    timer = threading.Timer(int(patience), process.kill)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = status
    texts = []
    for file in (out, err):
        file.seek(0)
        texts.append(file.read().decode("utf-8", "backslashreplace"))
status = os.waitstatus_to_exitcode(status)
print(json.dumps([status, *texts, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


@dataclass(frozen=True)
class Outcome:
    """What a run of the program gave, and what it took."""

    status: int
    out: str
    err: str
    seconds: float
    megabytes: float


def watch(*command, seconds=SECONDS + 1, patience=6 * SECONDS):
    limits = [str(seconds), str(patience)]
    process = subprocess.run(
        [sys.executable, "-I", "-S", "-c", WATCH, *limits, *map(str, command)],
        env=environment(),
        capture_output=True,
        check=True,
        timeout=10 * SECONDS,
    )
    return Outcome(*json.loads(process.stdout))


# The engine works beside the reader, and counts as much: its limits leave room for both.
ENGINE_LIMITS = ("--timeout", "2", "--memory", "450")


def run(path, command="check", *options):
    limits = ENGINE_LIMITS if command == "check" else ()
    return watch(sys.executable, "-m", "xlbackprop", command, path, *limits, *options)


def call(*arguments):
    """Run the program in this process and return its exit status."""
    return main(list(map(str, arguments)))


def run_each(paths):
    """Check several files in one process and return their exit statuses."""
    script = (
        "import json, sys\nfrom xlbackprop.__main__ import main\n"
        "print('', json.dumps([main(['check', path]) for path in sys.argv[1:]]), sep='\\n')"
    )
    outcome = watch(sys.executable, "-c", script, *paths)
    assert outcome.status == 0, outcome.err
    assert outcome.megabytes < MEGABYTES
    return json.loads(outcome.out.splitlines()[-1])


def assert_bounded(outcome):
    """Assert that a file was judged or refused, as it should be, within the limits."""
    assert outcome.status in (0, 1, 2), outcome.err
    assert outcome.seconds < SECONDS
    assert outcome.megabytes < MEGABYTES
    assert "Traceback" not in outcome.err
    for text in (outcome.out, outcome.err):
        assert_harmless(text)
    if outcome.status == 2:
        assert outcome.out == ""
        assert outcome.err.count("\n") == 1
        assert len(outcome.err) < 1_000
    else:
        assert outcome.err == ""
        assert outcome.out


def assert_refused(outcome, *patterns):
    assert_bounded(outcome)
    assert outcome.status == 2, outcome.out[:200]
    for pattern in patterns:
        assert re.search(pattern, outcome.err, re.IGNORECASE), outcome.err


def assert_right(outcome):
    assert_bounded(outcome)
    assert outcome.status == 0, outcome.err or outcome.out


def assert_harmless(text):
    """Assert that nothing in a text is a command to a terminal, or turns its direction."""
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
    assert not bad, text
