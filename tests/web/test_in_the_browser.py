"""The page with a real Pyodide behind it: no server, no network, and the same verdicts."""

import io
import shutil
import zipfile

import numpy as np
import pytest

import xlbackprop
from tests.bench.start_up import visited
from tests.support.dropped_workbooks import by_command_line, made
from tests.support.filling import arrays_of, fill
from tests.support.oracles.browser import Opened
from tests.support.oracles.pyodide import node_at_hand, pyodide_folder, written_site
from tests.support.static_host import hosted
from tests.web.test_page import FRAME, drop
from tests.web.test_site import zipped
from xlbackprop.web.static.compiling import compiled
from xlbackprop.web.static.distribution import Distribution, in_folder

pytestmark = pytest.mark.browser

DROPPED = [
    "right.xlsx", "wrong.xlsx", "blank.xlsx", "training.xlsx", "text.xlsx", "large.xlsx",
    "script.xlsx", "own.xlsx", "unnamed.xlsx", "macros.xlsm", "bomb.xlsx", "corrupt.xlsx",
]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return written_site(tmp_path_factory.mktemp("web") / "site", is_compiled=False)


def parts(path):
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_page_judges_builds_and_explains_without_a_server(chromium, site, tmp_path):
    """One visit and a second, offline: a start takes seconds, so that it is one test."""
    asked = []
    context = chromium.new_context()
    context.on("request", lambda request: asked.append(request.url))
    with hosted(site) as host:
        page, _ = visited(context, host.address)
        assert page.locator("#alert").inner_text() == ""
        for name in DROPPED:
            path = made(name, tmp_path)
            told, shown = by_command_line(path), drop(page, path)
            expected = told if isinstance(told, str) else told.counts
            assert shown == (
                expected.replace(str(path), name) if isinstance(told, str) else expected
            ), name
        unknown = xlbackprop.build("conv5x5x2", tmp_path / "unknown.xlsx")
        fill(unknown, {("conv1.dL_db", (0,)): ("=1+0*BESSELJ(1,1)", 77.0)})
        assert drop(page, unknown) == {"right": 335, "wrong": 1}
        assert "not recalculated" in page.frame_locator(FRAME).locator("body").inner_text()
        assert Opened(page).violations() == []
        page.wait_for_selector("body[data-settled=yes]")
        page.close()
    # The host is gone.
    page, again = visited(context, f"{host.address}#spec=conv5x5x2&blank=dL_dw")
    assert page.locator("#alert").inner_text() == ""
    page.wait_for_selector("#tensors p")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download the workbook").click()
    downloaded.value.save_as(tmp_path / "built.xlsx")
    assert xlbackprop.check(tmp_path / "built.xlsx").counts["blank"] == 54
    page.get_by_role("navigation").get_by_role("link", name="Check a workbook").click()
    right = arrays_of(tmp_path / "right.xlsx")["conv1.dL_dw"]
    numbers = {("conv1.dL_dw", at): float(number) for at, number in np.ndenumerate(right)}
    fill(tmp_path / "built.xlsx", numbers)
    assert drop(page, tmp_path / "built.xlsx") == {"right": 336}
    drop(page, tmp_path / "wrong.xlsx")
    page.frame_locator(FRAME).locator("td.wrong").first.click()
    page.get_by_role("button", name="Explain conv1.dL_dw[1, 0, 0, 1]").click()
    page.wait_for_selector("#explanation:not([hidden])")
    assert "(wrong); right is" in page.locator("#explanation").inner_text()
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download the marked copy").click()
    assert downloaded.value.suggested_filename == "wrong-marked.xlsx"
    wrong = tmp_path / "wrong.xlsx"
    report = xlbackprop.check(wrong).told(xlbackprop.Hints.RULE)
    own = xlbackprop.annotate(report, wrong, tmp_path / "told.xlsx")
    assert parts(downloaded.value.path()) == parts(own)
    page.get_by_role("navigation").get_by_role("link", name="Read the equations").click()
    page.get_by_role("button", name="Show the equations").click()
    page.wait_for_selector("#derivation:not([hidden])")
    assert again.processor < 5.0, again  # compiled, as the first visit left it; sources take 7
    assert all(url.startswith((host.address, "blob:", "about:")) for url in asked), asked
    context.close()


def test_pyodide_compiles_what_its_own_python_reads(monkeypatch):
    """With few sources: all of them take ten seconds (`python -m tests.bench.start_up`)."""
    given = in_folder(pyodide_folder())
    few = zipped({"numpy/one.py": "x: int = 1\n", "numpy/bad.py": "print 'old'"})
    monkeypatch.setattr(Distribution, "archives", lambda self: {self.numpy: few})
    with node_at_hand():
        source, program = compiled(given, zipped({"two.py": "y = 2\n"}))
    for archive, name in ((program, "two.pyc"), (source.changed[source.numpy], "numpy/one.pyc")):
        with zipfile.ZipFile(io.BytesIO(archive)) as package:
            assert package.read(name)[:4] == (3627).to_bytes(2, "little") + b"\r\n"  # Python 3.14
    assert source.integrity != given.integrity


def test_file_that_is_not_what_it_should_be_stops_everything(chromium, site, tmp_path):
    copy = shutil.copytree(site, tmp_path / "copy")
    with (copy / "pyodide/pyodide.asm.wasm").open("r+b") as file:
        file.seek(1_000)
        file.write(b"planted")
    context = chromium.new_context()
    with hosted(copy, with_headers=False) as host:
        page, _ = visited(context, host.address)
        assert "is not what it should be" in page.locator("#alert").inner_text()
        assert page.locator("#check-button").is_disabled()
    context.close()
