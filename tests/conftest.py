"""Fixtures that several folders use."""

import os
import socket

import pytest
from hypothesis import settings

import xlbackprop
from tests.support.building import BIG, SMALL, WORK
from tests.support.filling import fill
from tests.support.hostile_workbooks import built
from tests.support.marked_copies import marked_copy
from tests.support.program import TWO_LAYERS
from tests.support.rich_workbook import write_rich_workbook

pytest_plugins = ["tests.support.selection"]

# Each run draws the same; with --hypothesis-profile=default, as every night, others are drawn.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture
def parts():
    """Return the parts of the archive of a workbook in which all is right."""
    return dict(built())


@pytest.fixture
def path(tmp_path):
    """Return where a workbook is to be written."""
    return tmp_path / "mine.xlsx"


@pytest.fixture
def traps(tmp_path):
    """Return a pipe's path and an address; using either makes the test fail."""
    # Whoever opens the pipe for reading waits for ever.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield pipe, f"http://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workbook(folder):
    """Return a workbook in which all is right."""
    (folder / "two.toml").write_text(TWO_LAYERS)
    return xlbackprop.build("two.toml", folder / "mine.xlsx")


@pytest.fixture
def output_folder(tmp_path, monkeypatch):
    """Return an empty folder in which commands run, with the specs beside it."""
    for name, text in {"small": SMALL, "two": TWO_LAYERS, "big": BIG}.items():
        (tmp_path / f"{name}.toml").write_text(text)
    work = tmp_path / WORK
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture(scope="module")
def chromium():
    """Return a browser that several tests share, each with a page of its own."""
    from tests.support.oracles.browser import browser  # which needs the plugin above

    with browser() as started:
        yield started


@pytest.fixture(scope="module", params=[".xlsx", ".xlsm"])
def rich(request, tmp_path_factory):
    """The rich workbook and its marked copy."""
    path = tmp_path_factory.mktemp("rich") / f"rich{request.param}"
    write_rich_workbook(path, macros=request.param == ".xlsm")
    return path, marked_copy(path)


@pytest.fixture
def page(tmp_path):
    """A page with a wrong cell and a blank one."""
    path = tmp_path / "page.xlsx"
    xlbackprop.build("conv5x5x2", path)
    fill(path, {("conv1.dL_dw", (1, 0, 0, 1)): 99, ("conv1.dL_dh", (1, 2, 2)): None})
    return path
