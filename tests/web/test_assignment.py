"""An assignment on the page: each student's own workbook, and feedback at the teacher's level."""

import csv
import re

import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill
from tests.support.oracles.browser import browser, opened
from tests.support.served import served
from tests.web.test_page import drop, ready
from xlbackprop.classroom.assignments.assignment import load_assignment
from xlbackprop.classroom.marking.marking import Marker
from xlbackprop.errors import AssignmentError
from xlbackprop.report.hints import Hints
from xlbackprop.web.server.feedback import Feedback
from xlbackprop.web.server.tries import Tries
from xlbackprop.web.tasks import Answer
from xlbackprop.workbook.engine.settings import Limits


@pytest.fixture(scope="module")
def hw1(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    (folder / "roster.csv").write_text("id,name\ns01,Ada Lovelace\ns02,<b>Grace</b>\n")
    xlbackprop.assign("conv5x5x2", folder / "roster.csv", folder / "hw1", blank=["dL_db"])
    return folder / "hw1"


def told(hw1, student, content, hints=Hints.KIND):
    feedback = Feedback(load_assignment(hw1), hints)
    marked = Marker(feedback.setup(Limits())).mark(content, ".xlsx")
    return feedback.told(student, Answer(marked.record, marked.page, marked.copy))


def filled(hw1, student, path, *, slip=0.0):
    """Write a student's workbook with the right answers, the first of them off by a slip."""
    path.write_bytes((hw1 / "handout" / f"{student}.xlsx").read_bytes())
    arrays = arrays_of(path)
    right = arrays["conv1.dL_dout"].sum(axis=(1, 2))
    right[0] += slip
    fill(path, {("conv1.dL_db", (k,)): float(number) for k, number in enumerate(right)})
    return path


def data_of(page):
    """Return what a report's script knows of each cell."""
    return re.search(r'<script[^>]* id="data"[^>]*>(.*?)</script>', page, re.DOTALL)[1]


def test_feedback_is_of_what_was_asked_at_the_teachers_level(hw1, tmp_path):
    path = filled(hw1, "s01", tmp_path / "a.xlsx", slip=7.0)
    answer = told(hw1, "s01", path.read_bytes())
    assert answer.header["verdict"] == "wrong"
    assert answer.header["counts"] == {"right": 2, "wrong": 1}
    assert answer.header["explains"] is False
    review = xlbackprop.review_workbook(path)
    pages = {level: data_of(xlbackprop.html_report(review, level)) for level in Hints}
    assert data_of(answer.page.decode()) == pages[Hints.KIND]
    assert pages[Hints.KIND] not in (pages[Hints.RULE], pages[Hints.ANSWER])
    assert answer.file
    right = filled(hw1, "s01", tmp_path / "b.xlsx")
    assert told(hw1, "s01", right.read_bytes()).header["verdict"] == "right"
    blank = (hw1 / "handout" / "s01.xlsx").read_bytes()
    assert told(hw1, "s01", blank).header["verdict"] == "incomplete"


def test_student_is_told_of_numbers_that_were_not_handed_out(hw1, tmp_path):
    path = filled(hw1, "s01", tmp_path / "a.xlsx")
    assert told(hw1, "s01", path.read_bytes()).header["remarks"] == []
    fill(path, {("conv1.b", (0,)): 77.0})
    (remark,) = told(hw1, "s01", path.read_bytes()).header["remarks"]
    assert "not those that were handed out to you" in remark


def test_workbook_of_another_student_gets_no_feedback(hw1, tmp_path):
    path = filled(hw1, "s02", tmp_path / "a.xlsx")
    answer = told(hw1, "s01", path.read_bytes())
    assert answer.header["error"].startswith("this is not your workbook")
    assert "s02" not in str(answer.header)
    assert answer.page == b""


def test_tickets_are_long_different_and_of_the_assignment(hw1):
    assignment = load_assignment(hw1)
    tickets = Feedback(assignment).by_ticket()
    assert sorted(tickets.values()) == ["s01", "s02"]
    assert all(len(ticket) == 32 for ticket in tickets)
    assert not {assignment.seal("s01"), assignment.token("s01")} & set(tickets)


def test_links_are_for_the_teachers_eyes(hw1):
    path = Feedback(load_assignment(hw1)).write_links("https://a.example/")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["id"] for row in rows] == ["s01", "s02"]
    assert all(row["link"].startswith("https://a.example/#ticket=") for row in rows)
    assert path.stat().st_mode & 0o077 == 0


def test_tries_are_counted_by_the_hour():
    now = 1000.0
    tries = Tries(2, lambda: now)
    first = tries.take("a")
    now += 600
    tries.take("a")
    assert tries.left("a") == 0
    assert tries.minutes_until_next("a") == 50
    assert tries.left("b") == 2
    tries.give_back("a", first)
    assert tries.minutes_until_next("a") == 0
    now += 3_601
    assert tries.left("a") == 2


def test_folder_without_an_assignment_is_refused(tmp_path):
    with pytest.raises(AssignmentError, match="has no assignment"):
        load_assignment(tmp_path)


@pytest.mark.hostile
def test_nobody_is_let_in_without_a_ticket_and_tries_end(hw1, tmp_path):
    ticket = {one: key for key, one in Feedback(load_assignment(hw1)).by_ticket().items()}
    mine = filled(hw1, "s01", tmp_path / "a.xlsx").read_bytes()
    other = filled(hw1, "s02", tmp_path / "b.xlsx").read_bytes()
    with served(str(hw1), "--tries", "2", "--workers", "1") as server:
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer "}):
            for method, path in (("GET", "assignment"), ("GET", "handout"), ("PUT", "hand-in")):
                assert server.asked(method, f"/api/{path}", b"", headers).status == 401
        for task in ("check", "explain", "build", "equations"):
            assert server.task(task, mine, template="conv5x5x2").status in (404, 405)
        own = {"Authorization": f"Bearer {ticket['s01']}"}
        about = server.asked("GET", "/api/assignment", headers=own).said
        assert (about["student"], about["tries_left"]) == ("Ada Lovelace", 2)
        handout = server.asked("GET", "/api/handout", headers=own).file
        assert handout == (hw1 / "handout" / "s01.xlsx").read_bytes()
        for refused in (other, b"no workbook"):  # costs no try
            assert server.asked("PUT", "/api/hand-in?file=a.xlsx", refused, own).status == 422
        for left in (1, 0):
            answer = server.asked("PUT", "/api/hand-in?file=a.xlsx", mine, own)
            assert (answer.said["verdict"], answer.said["tries_left"]) == ("right", left)
        answer = server.asked("PUT", "/api/hand-in?file=a.xlsx", mine, own)
        assert answer.status == 429
        assert "again in 60 min" in answer.said["error"]
        assert answer.headers["retry-after"] == "3600"
        theirs = {"Authorization": f"Bearer {ticket['s02']}"}
        assert server.asked("PUT", "/api/hand-in?file=a.xlsx", other, theirs).status == 200


@pytest.mark.browser
def test_student_opens_the_link_and_gets_feedback(hw1, tmp_path):
    feedback = Feedback(load_assignment(hw1))
    ticket = next(key for key, one in feedback.by_ticket().items() if one == "s02")
    with browser() as chromium, served(str(hw1), "--hints", "kind") as server:
        with opened(chromium, f"{server.address}#ticket={ticket}", size="phone") as it:
            page = ready(it)
            assert page.locator("#assignment-what").inner_text().startswith("<b>Grace</b>: fill in")
            assert page.locator("nav").is_hidden()
            assert page.locator("#hints").is_hidden()
            assert page.locator("#title-check").inner_text() == "hw1"
            told = page.locator("#assignment li").last.inner_text()
            assert told.startswith("Drop it here: you are told the kind of mistake. 6 of 6 tries")
            with page.expect_download() as downloaded:
                page.get_by_role("button", name="Download my workbook").click()
            downloaded.value.save_as(tmp_path / "mine.xlsx")
            assert drop(page, tmp_path / "mine.xlsx") == {"blank": 3}
            assert "5 of 6 tries" in page.locator("#tries").inner_text()
            assert page.locator("#explaining").is_hidden()
            assert it.violations() == []
            assert it.complaints == []
        with opened(chromium, server.address) as it:
            page = ready(it)
            assert "open the link" in page.locator("#alert").inner_text()
            assert page.locator("#check-form").is_hidden()
