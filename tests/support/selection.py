"""Which tests run: the quick ones, the rest with --rest, or all; on all cores where there are many.

A test that is slow, or needs a program that not everyone has, carries a marker that says why. Such
tests are left out, unless --all, -m or the test's own name (file.py::test) asks for them.
"""

from __future__ import annotations

import gc
import os
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.support.program import path_without_libreoffice

MARKERS = {
    "libreoffice": "needs LibreOffice (soffice, and python3-uno)",
    "browser": "needs Chromium, and poppler's pdftotext",
    "latex": "needs pdflatex",
    "pytorch": "needs PyTorch",
    "kills": "ends builds half way, many times",
    "hostile": "gives the program a file that is as large or as bad as can be",
    "many": "says of very many cases what a quick test says of a few",
    "slow": "takes several seconds",
}

# How many objects more than are freed make a collection; with Python's own 700, a tenth of the time
# goes into looking at what is in use.
_GARBAGE = (50_000, 20, 20)

_PATH = os.environ.get("PATH", os.defpath)
_LEFT_OUT = "xlbackprop_left_out"
_carried: set[str] = set()  # the markers of the test that runs


def carries(marker: str) -> bool:
    """Return whether the test that runs has been marked so."""
    return marker in _carried


def carry(*markers: str) -> None:
    """Say what a program needs that is no test, and so has no markers."""
    _carried.update(markers)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the tests that carry markers as well")
    parser.addoption("--rest", action="store_true", help="run those that the quick run leaves out")


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use all cores, as -n logical does, unless only single files or tests are asked for."""
    option = config.option
    alone = all(name.partition("::")[0].endswith(".py") for name in config.args)
    if alone or option.collectonly or option.usepdb or not config.pluginmanager.hasplugin("xdist"):
        return
    is_worker = hasattr(config, "workerinput")  # which must not start workers of its own
    if is_worker or option.numprocesses is not None:
        return
    option.numprocesses = "logical"
    option.numprocesses = config.hook.pytest_xdist_auto_num_workers(config=config)
    option.dist, option.tx = "loadfile", ["popen"] * option.numprocesses
    option.loadscopereorder = False  # files of few tests may be the longest: not last


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that carry a marker, where nothing asks for them."""
    if config.option.all or config.option.markexpr:
        return
    if any("::" in name for name in config.args):
        return
    # With --lf, fewer cases are collected.
    unknown = {} if getattr(config.option, "lf", False) else _unknown_cases(items)
    config.stash[_unknown] = unknown
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        stays = not markers_of(item) or _test_of(item) in unknown
        (kept if stays else left_out).append(item)
    if config.option.rest:
        kept, left_out = left_out, kept
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)
    if config.option.rest:
        return
    config.stash[_number] = len(left_out)
    if hasattr(config, "workeroutput"):
        config.workeroutput[_LEFT_OUT] = len(left_out)


def pytest_collection_finish() -> None:
    """Keep thousands of tests, which stay to the end, out of every collection of garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


_number = pytest.StashKey[int]()
_unknown = pytest.StashKey[dict[str, list[str]]]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over from a worker how many tests it left out; all leave out the same."""
    node.config.stash[_number] = getattr(node, "workeroutput", {}).get(_LEFT_OUT, 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    number = config.stash.get(_number, 0)
    if number:
        terminalreporter.line(
            f"{number} tests with markers were left out; `python -m pytest --all` runs them too"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _carried.clear()
    _carried.update(markers_of(item))
    # The program asks LibreOffice where there is one: quick tests are the same anywhere.
    hidden = not _carried & {"libreoffice", "browser", "latex"}
    os.environ["PATH"] = path_without_libreoffice(_PATH) if hidden else _PATH
    if unknown := item.config.stash.get(_unknown, {}).get(_test_of(item)):
        pytest.fail(f"it has no cases {unknown}, which its marker calls quick", pytrace=False)


def markers_of(item: pytest.Item) -> set[str]:
    """Return the markers that leave a test out of the quick run."""
    case = _case(item)
    return {
        mark.name
        for mark in item.iter_markers()
        if mark.name in MARKERS and case not in mark.kwargs.get("quick", ())
    }


def _case(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.id if callspec else None


def _test_of(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _unknown_cases(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    """Return the tests whose markers name cases as quick that they do not have, and these."""
    cases: dict[str, set[str | None]] = defaultdict(set)
    quick: dict[str, set[str]] = defaultdict(set)
    for item in items:
        cases[_test_of(item)].add(_case(item))
        for mark in item.iter_markers():
            named = mark.kwargs.get("quick", ()) if mark.name in MARKERS else ()
            quick[_test_of(item)].update(named)
    return {
        test: sorted(names - cases[test]) for test, names in quick.items() if names - cases[test]
    }
