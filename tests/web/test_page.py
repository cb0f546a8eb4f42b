"""The page in a browser, with the server behind it: what people drop, click, type and read."""

import re
from urllib.parse import parse_qsl

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.dropped_workbooks import MADE, by_command_line, made
from tests.support.filling import arrays_of, fill
from tests.support.oracles.browser import opened, text_of_pdf
from tests.support.oracles.libreoffice import save_as
from tests.support.served import served
from tests.tools.pages import PAGES

pytestmark = pytest.mark.browser

FRAME = "#report iframe"
WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def server():
    with served() as it:
        yield it


@pytest.fixture(scope="module")
def dropped(tmp_path_factory):
    """Return where each of the workbooks lies."""
    folder = tmp_path_factory.mktemp("dropped")
    return {name: made(name, folder) for name in MADE}


@pytest.fixture(scope="module")
def mine(dropped):
    return dropped["wrong.xlsx"]


def ready(it):
    it.page.wait_for_selector("body[data-ready=yes]")
    return it.page


def drop(page, path):
    """Pick a file, and return what the page says of it: a verdict with counts, or a complaint."""
    page.locator("#file").set_input_files([])
    page.locator("#file").set_input_files(path)
    page.wait_for_selector("body:not([aria-busy])")
    page.wait_for_selector("#result:not([hidden]), #alert:not(:empty)")
    if page.locator("#alert").inner_text():
        return page.locator("#alert").inner_text()
    counts = [text.split() for text in page.locator("#counts li").all_inner_texts()]
    return {status: int(count.replace(",", "")) for count, status in counts}


def test_what_is_dropped_is_judged_as_at_the_command_line(chromium, server, dropped):
    with opened(chromium, server.address) as it:
        page = ready(it)
        for name, path in dropped.items():
            told, shown = by_command_line(path), drop(page, path)
            if isinstance(told, str):
                assert shown == told.replace(str(path), path.name)
                assert page.locator("#result").is_hidden()
            else:
                assert shown == told.counts, name
                assert page.locator("#verdict").get_attribute("class") == told.verdict
                assert page.frame_locator(FRAME).locator("h1").inner_text() == name
        assert page.title() != "run"
        # A refusal is an answer with a status of its own, which Chromium writes down.
        assert all("422" in complaint for complaint in it.complaints)


def test_exercise_is_built_filled_in_dropped_and_right(chromium, server, tmp_path):
    with opened(chromium, f"{server.address}#spec=conv5x5x2&blank=dL_dw,dL_dh&seed=4") as it:
        page = ready(it)
        page.wait_for_selector("#tensors p")
        ticked = page.locator("#tensors input:checked")
        assert [box.get_attribute("value") for box in ticked.all()] == [
            "conv1.dL_dw", "conv1.dL_dh"
        ]  # fmt: skip
        with page.expect_download() as downloaded:
            page.get_by_role("button", name="Download the workbook").click()
        path = tmp_path / downloaded.value.suggested_filename
        downloaded.value.save_as(path)
        page.get_by_role("navigation").get_by_role("link", name="Check a workbook").click()
        assert drop(page, path)["blank"] == 54 + 50
        whole = arrays_of(xlbackprop.build("conv5x5x2", tmp_path / "whole.xlsx", seed=4))
        fill(
            path,
            {
                (name, index): float(whole[name][index])
                for name in ("conv1.dL_dw", "conv1.dL_dh")
                for index in np.ndindex(whole[name].shape)
            },
        )
        assert set(drop(page, path)) == {"right"}
        assert page.locator("#verdict").inner_text().startswith("right")
        assert it.complaints == []


LINKS = {link for path in PAGES for link in re.findall(r"`(#spec=[^`]+)`", path.read_text())}


def test_links_of_the_docs_open_ready_exercises(chromium, server):
    assert len(LINKS) >= 6
    for link in sorted(LINKS):
        said = dict(parse_qsl(link[1:]))
        with opened(chromium, f"{server.address}{link}") as it:
            page = ready(it)
            page.wait_for_selector("#tensors :checked" if "blank" in said else "#tensors input")
            ticked = [box.get_attribute("value") for box in page.locator("#tensors :checked").all()]
            names = said["blank"].split(",") if "blank" in said else []
            assert bool(ticked) == bool(names), link
            for name in names:
                assert any(f".{one}".endswith(f".{name}") for one in ticked), link
            assert page.locator("#view-build option:checked").first.inner_text() == said["spec"]
            assert page.locator("#blank-names").input_value() == ""
            for option in ("practice", "ladder", "walk"):
                assert page.locator(f"#{option}").is_checked() == (option in said)
            assert it.complaints == []


def test_printed_page_says_how_the_whole_report_is_printed(chromium, server, mine, tmp_path):
    with opened(chromium, server.address) as it:
        page = ready(it)
        page.get_by_role("button", name="Check it").click()
        assert "Pick a workbook first" in page.locator("#alert").inner_text()
        drop(page, mine)
        page.pdf(path=tmp_path / "page.pdf")
        text = text_of_pdf(tmp_path / "page.pdf")
        assert "not right wrong.xlsx: something is not right." in text
        assert "printed as a whole by a button of its own" in text
        assert "How to read this page" not in text  # a frame would be cut at the end of the paper
        frame = page.frames[1]
        frame.evaluate("window.print = () => parent.postMessage({ cell: 'printed' }, '*')")
        page.get_by_role("button", name="Print the report").click()
        page.get_by_role("button", name="Explain printed").wait_for()


@pytest.mark.libreoffice
def test_report_is_downloaded_its_cells_explained_and_its_links_followed(
    chromium, server, tmp_path, mine
):
    with opened(chromium, server.address) as it:
        page = ready(it)
        drop(page, mine)
        for button, name in (
            ("Download the marked copy", "wrong-marked.xlsx"),
            ("Download the report", "wrong-report.html"),
        ):
            with page.expect_download() as downloaded:
                page.get_by_role("button", name=button).click()
            assert downloaded.value.suggested_filename == name
            downloaded.value.save_as(tmp_path / name)
        names = openpyxl.load_workbook(tmp_path / "wrong-marked.xlsx").sheetnames
        assert "Marks" in " ".join(names)
        (tmp_path / "kept").mkdir()
        (kept,) = save_as("xlsx", [tmp_path / "wrong-marked.xlsx"], tmp_path / "kept")
        assert openpyxl.load_workbook(kept).sheetnames == names
        assert xlbackprop.check(kept).counts == xlbackprop.check(mine).counts
        assert "<title>wrong.xlsx" in (tmp_path / "wrong-report.html").read_text()
        report = page.frame_locator(FRAME)
        assert page.locator("#explain-button").is_disabled()
        report.locator("td.wrong").first.click()
        page.get_by_role("button", name="Explain conv1.dL_dw[1, 0, 0, 1]").click()
        page.wait_for_selector("#explanation:not([hidden])")
        assert "(wrong); right is" in page.locator("#explanation").inner_text()
        assert page.locator("#explanation tbody tr").count() == 9
        # A link within the report stays within it, and leads to where it says.
        link = report.locator("a[href^='#tensor-']:not([data-entry], #details a)").last
        there = report.locator(link.get_attribute("href"))
        link.click()
        there.wait_for(state="visible")
        assert there.evaluate("(one) => one.getBoundingClientRect().top < innerHeight")
        assert report.locator("h1").inner_text() == "wrong.xlsx"
        assert page.url.rstrip("/#") == server.address.rstrip("/")
        assert it.complaints == []


def test_all_is_done_with_the_keyboard_alone(chromium, server, mine):
    with opened(chromium, f"{server.address}#spec=conv5x5x2&blank=dL_dw") as it:
        choosers = []
        it.page.on("filechooser", lambda chooser: choosers.append(chooser))  # noqa: PLW0108
        page = ready(it)
        page.wait_for_selector("#tensors p")
        reach(page, "#build-button")
        with page.expect_download() as downloaded:
            page.keyboard.press("Enter")
        assert downloaded.value.suggested_filename == "conv5x5x2.xlsx"
        reach(page, "[data-view=check]", by="Shift+Tab")
        page.keyboard.press("Enter")
        reach(page, "#file")
        page.keyboard.press("Enter")
        while not choosers:
            page.wait_for_timeout(20)
        choosers[0].set_files(mine)
        page.wait_for_selector("#result:not([hidden])")
        assert page.evaluate("document.activeElement.id") == "verdict"
        reach(page, "#print-report")
        for _ in range(60):  # into the report, to its first cell
            page.keyboard.press("Tab")
            if page.locator("#explain-button").is_enabled():
                break
        reach(page, "#explain-button", by="Shift+Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#explanation:not([hidden])")
        assert page.evaluate("document.activeElement.id") == "explained"


def reach(page, name, by="Tab"):
    """Go with the keyboard until an element has the focus."""
    for _ in range(80):
        page.keyboard.press(by)
        if page.locator(f"{name}:focus").count():
            return
    raise AssertionError(f"{name} cannot be reached by {by}")


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_page_is_accessible_in_every_view(chromium, server, mine, size, scheme):
    with opened(chromium, server.address, size=size, scheme=scheme) as it:
        page = ready(it)
        drop(page, mine)
        page.frame_locator(FRAME).locator("td.wrong").first.click()
        page.locator("#explain-button").click()
        page.wait_for_selector("#explanation:not([hidden])")
        assert it.violations() == []
        for link, shown in (("build", "#tensors p"), ("equations", "#view-equations")):
            page.locator(f"nav [data-view={link}]").click()
            page.wait_for_selector(shown)
            assert it.violations() == []
            assert page.evaluate(WIDTH) == 0


def test_report_cannot_reach_the_page_or_any_address(chromium, server, mine):
    with opened(chromium, server.address) as it:
        page = ready(it)
        drop(page, mine)
        frame = page.frames[1]
        for escape in ("parent.document.title", "localStorage.length", "document.cookie"):
            with pytest.raises(Exception, match=r"cross-origin|sandboxed|SecurityError|denied"):
                frame.evaluate(escape)
        reached = "fetch('/api/templates').then(() => 'reached', () => 'blocked')"
        assert frame.evaluate(reached) == "blocked"
        frame.evaluate("open('/', '_top')")
        frame.evaluate("document.body.insertAdjacentHTML('beforeend', '<form action=/ id=f>')")
        frame.evaluate("document.getElementById('f').submit()")
        assert page.url.rstrip("/#") == server.address.rstrip("/")
        # What it says to the page is a text, shown as one, and no other message is listened to.
        attack = '{ cell: "<img src=x onerror=\\"document.title=1\\">" }'
        frame.evaluate(f"parent.postMessage({attack}, '*')")
        page.wait_for_selector("#explain-button:not([disabled])")
        assert page.locator("#explain-button img").count() == 0
        page.evaluate("postMessage({ cell: 'mine' }, '*')")
        page.wait_for_timeout(50)
        assert "mine" not in page.locator("#explain-button").inner_text()


def test_script_in_what_a_server_says_does_not_run(chromium, server, dropped, tmp_path):
    path = tmp_path / "<img src=x onerror=alert(1)>.xlsx"
    path.write_bytes(dropped["script.xlsx"].read_bytes())
    with opened(chromium, server.address) as it:
        page = ready(it)
        drop(page, path)
        assert page.locator("#verdict").inner_text().count("<img src=x onerror=alert(1)>") == 1
        assert page.locator("img").count() == 0
        assert it.complaints == []


def test_planted_script_and_frame_are_blocked_by_the_policy(chromium, server):
    with opened(chromium, server.address) as it:
        page = ready(it)
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend',"
            " '<img src=x onerror=\"document.title=1\">')"
        )
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'),"
            " { textContent: 'document.title = 1' }))"
        )
        page.wait_for_timeout(50)
        assert page.title() != "1"
        assert any("Content Security Policy" in complaint for complaint in it.complaints)
