"""Marks handed on: read back by the rules of the platforms' importers, written here anew."""

import csv
import io
import json
import shutil
import stat
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import pytest

import xlbackprop
from tests.classroom.classes import Class, H, marked_here
from tests.support.command_line import assert_refused, called
from tests.support.program import environment

POINTS = {"s0": 100.0, "s1": 40.0, "s2": None, "s3": 0.0}


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """A class of four, marked: all right, a mistake, missing, and a changed page."""
    own = Class(tmp_path_factory.mktemp("four"), 4)
    own.hand_in_formulas(0)
    wrong = own.slip(1, H, "filter not rotated") + 1000
    own.hand_in_numbers(1, dL_dh=wrong)
    own.path(3).write_bytes(own.handout(3))
    with marked_here():
        grades = xlbackprop.grade(own.folder, own.submissions)
    assert {one.id: one.points if one.file else None for one in grades.results} == POINTS
    return own


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (7),Homework 1 (4711),Current Score\r\n"
    "    Points Possible,,,,,10,100,(read only)\r\n"
    '"0, Student",1,s0,,"A, B",5,,12.5\r\n'
    "Student 1,2,,S1,A,,EX,\r\n"
    '"2, Student",3,,,A,4,-,\r\n'
    '"3, Student",4,,,A,"1,5",77.00,\r\n'
    '"Student, Test",9,,,A,,,\r\n'
)


def canvas_reads(content, column):
    """Return whose score Canvas reads from a column, by name: as its importer does."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    at, scores = rows[0].index(column), {}
    for row in rows[1:]:
        if row[0].strip() == "Points Possible":
            assert row[at] == "100"  # else the assignment's points would be rewritten
        elif row[at] not in ("", "-"):
            scores[row[0]] = row[at] if row[at] == "EX" else round(float(row[at]), 2)
    return scores


def gradebook(capsys, own, *arguments):
    return called(capsys, "gradebook", own.folder, *arguments)


@pytest.mark.parametrize("title", ["Homework 1 (4711)", "Homework 1", "4711"])
def test_canvas_gets_one_column_and_no_other_byte(title, four, folder, capsys):
    (folder / "export.csv").write_bytes(CANVAS.encode())
    arguments = ("--canvas", "export.csv", "--column", title, "-o", "out.csv")
    status, out, err = gradebook(capsys, four, *arguments)
    assert (status, out, err) == (0, "out.csv: 2 students\n", "")
    content = (folder / "out.csv").read_bytes()
    assert canvas_reads(content, "Homework 1 (4711)") == {
        "0, Student": 100, "Student 1": "EX", "3, Student": 0
    }  # fmt: skip
    expected = CANVAS.replace('"A, B",5,,', '"A, B",5,100,').replace(",77.00,", ",0,")
    assert content == expected.encode()


def test_canvas_export_with_semicolons_and_a_mark_stays_what_it_is(four, folder, capsys):
    text = CANVAS.replace('"0, Student"', "Zoë").replace('"3, Student"', "Student 3")
    text = text.replace('"A, B"', "A").replace(",", ";")
    content = b"\xef\xbb\xbf" + text.encode()
    (folder / "export.csv").write_bytes(content)
    arguments = ("--canvas", "export.csv", "--column", "Homework 1", "-o", "out.csv")
    assert gradebook(capsys, four, *arguments)[0] == 0
    expected = content.replace(b";A;5;;", b";A;5;100;").replace(b";77.00;", b";0;")
    assert (folder / "out.csv").read_bytes() == expected


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Homework 1 (4711)", "Homework 2 (4711)", ["no column Homework 1"]),
        ("Current Score", "Homework 1 (12)", ["several columns"]),
        ("10,100,", "10,(read only),", ["read only"]),
        ("10,100,", "10,99,", ["s0 is above", "99"]),
        ('"0, Student",1,s0', '"7, Student",1,s7', ["s0 is not in it"]),
        ("Student,ID", "Name,ID", ["no export of a Canvas gradebook"]),
    ],
)
def test_canvas_export_that_does_not_fit_is_refused(old, new, words, four, folder, capsys):
    assert old in CANVAS
    (folder / "export.csv").write_bytes(CANVAS.replace(old, new, 1).encode())
    arguments = ("--canvas", "export.csv", "--column", "Homework 1", "-o", "out.csv")
    assert_refused(gradebook(capsys, four, *arguments), "export.csv", *words)
    assert not (folder / "out.csv").exists()


def test_more_points_than_there_are_is_refused_whatever_the_platform_says(four, folder, capsys):
    (folder / "export.csv").write_bytes(CANVAS.replace("10,100,", "10,,").encode())
    table = four.folder / "results/grades.csv"
    text = table.read_text()
    arguments = ("--canvas", "export.csv", "--column", "Homework 1", "-o", "out.csv")
    try:
        table.write_text(text.replace("s1,40,100,", "s1,140,100,"))
        assert_refused(gradebook(capsys, four, *arguments), "s1 has 140 points of 100")
        table.write_text(text.replace("s1,40,100,", "s1,140,150,"))
        assert gradebook(capsys, four, *arguments)[0] == 0
    finally:
        table.write_text(text)


LANGUAGES = {
    "en": ("Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
           "Last modified (grade),Feedback comments", "Participant ", "100.00", "Yes", "No"),
    "de": ("ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,"
           "Bewertung kann geändert werden,Zuletzt geändert (Bewertung),Feedback als Kommentar",
           "Teilnehmer/in", "100,00", "Ja", "Nein"),
    "ja": ("識別子,氏名,メールアドレス,ステータス,評点,最大評点,評点を変更できますか,"
           "最終更新日時 (評点),フィードバックコメント", "参加者 ", "100.00", "はい", "いいえ"),
}  # fmt: skip


def worksheet(language, *, grade="", changed=None):
    heads, word, most, yes, _ = LANGUAGES[language]
    most = f'"{most}"' if "," in most else most
    rows = [
        f'{word}{4700 + n},Student {n},s{n}@x.org,"ok, yes",{grade},{most},{changed or yes},-,'
        for n in range(4)
    ]
    return "".join(f"{row}\n" for row in [heads, *rows])


def moodle_reads(content, language):
    """Return the grades by participant's number: heads by the language, prefix cut by length."""
    heads, word, *_ = LANGUAGES[language]
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    assert ",".join(rows[0]) == heads
    grades = {}
    for row in rows[1:]:
        number = int(row[0][len(word) :])
        if row[4]:
            grades[number] = float(row[4].replace(",", "."))
            assert 0 <= grades[number] <= float(row[5].replace(",", "."))
    return grades


@pytest.mark.parametrize("language", LANGUAGES)
def test_moodle_s_worksheet_is_filled_in_in_any_language(language, four, folder, capsys):
    text = worksheet(language)
    (folder / "sheet.csv").write_bytes(text.encode())
    status, out, _ = gradebook(capsys, four, "--moodle", "sheet.csv", "-o", "out.csv")
    assert (status, out) == (0, "out.csv: 3 students\n")
    content = (folder / "out.csv").read_bytes()
    assert moodle_reads(content, language) == {4700: 100, 4701: 40, 4703: 0}
    back = content.decode()
    for number in ("100", "40", "0"):
        back = back.replace(f'"ok, yes",{number},', '"ok, yes",,')
    assert back == text


def test_what_moodle_would_drop_is_refused(four, folder, capsys):
    cases = {
        worksheet("en").replace("100.00", "50.00"): ["s0", "above the maximum grade 50"],
        worksheet("de", changed="Nein"): ["locked"],
        worksheet("en").replace("Participant 4701", "Student 4701"): ["no grading worksheet"],
        worksheet("en").replace("Student 0,s0@", "Nobody,x@"): ["s0 is not in it"],
        worksheet("en").replace(",100.00,", ",,"): ["no column of grades"],
    }
    for text, words in cases.items():
        (folder / "sheet.csv").write_bytes(text.encode())
        outcome = gradebook(capsys, four, "--moodle", "sheet.csv", "-o", "out.csv")
        assert_refused(outcome, "sheet.csv", *words)
        assert not (folder / "out.csv").exists()


def test_moodle_s_feedback_zip_has_the_folders_of_the_download(four, folder, capsys):
    download = folder / "download"
    for number in range(4):
        place = download / f"Student {number}_{4700 + number}_assignsubmission_file_"
        place.mkdir(parents=True)
        if four.path(number).exists():
            shutil.copy(four.path(number), place / "mine.xlsx")
    assert gradebook(capsys, four, "--moodle-feedback", "download", "-o", "f.zip")[0] == 0
    handed_in = {path.read_bytes() for path in download.rglob("*.xlsx")}
    with zipfile.ZipFile(folder / "f.zip") as archive:
        found = {}
        for name in archive.namelist():
            parts = name.split("/")[0].split("_", 4)
            assert len(parts) >= 4
            assert parts[2:4] == ["assignsubmission", "file"]
            assert archive.read(name) not in handed_in  # Moodle would ignore it
            found.setdefault(int(parts[1]), []).append(name.split("/")[1])
    assert found == {n: ["feedback.html", "marked.xlsx"] for n in (4700, 4701, 4703)}


def test_junit_says_why(four, folder, capsys):
    assert gradebook(capsys, four, "--junit", "-o", "r.xml")[0] == 0
    root = ElementTree.parse(folder / "r.xml").getroot()
    assert root.tag == "testsuites"
    suites = {suite.get("name"): suite for suite in root}
    cases = {(c.get("classname"), c.get("name")): c for c in root.iter("testcase")}
    assert len(cases) == 8
    assert [len(list(suites[f"s{n}"].iter("failure"))) for n in range(4)] == [0, 1, 0, 2]
    failure = cases["s1", H].find("failure")
    assert failure.text == failure.get("message")
    assert "0 of 60 points: 50 wrong" in failure.text
    assert suites["s2"].get("skipped") == "2"
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("8", "3", "2")


def at_gradescope(archive, folder, workbook, users, **metadata):
    """Run the autograder as Gradescope does, but for its machine; return results.json."""
    root = folder / "autograder"
    shutil.rmtree(root, ignore_errors=True)
    (root / "submission").mkdir(parents=True)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(root / "source")
        modes = {i.filename: stat.S_IMODE(i.external_attr >> 16) for i in packed.infolist()}
        assert b"numpy" in packed.read("requirements.txt")
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    (root / "submission/my work.xlsx").write_bytes(workbook)
    document = {"users": users, "created_at": "2026-11-26T10:00:00.000000-08:00", **metadata}
    (root / "submission_metadata.json").write_text(json.dumps(document))
    command = [sys.executable, "-m", "xlbackprop.classroom.gradebooks.autograder", root]
    subprocess.run(
        list(map(str, command)), cwd=root, check=True, stdout=subprocess.DEVNULL, timeout=60,
        env=environment(PYTHONPATH=str(root / "source/source")),
    )  # fmt: skip
    return json.loads((root / "results/results.json").read_text())


def score_of(results):
    """Return the score and what a student reads, by Gradescope's rules."""
    for test in results.get("tests", []):
        assert set(test) <= {"name", "number", "score", "max_score", "status", "output",
                             "output_format", "visibility", "tags", "extra_data"}  # fmt: skip
        assert test["visibility"] == "visible"
        assert isinstance(test["number"], str)
        assert test["status"] in ("passed", "failed")
    own = results.get("score", sum(test["score"] for test in results.get("tests", [])))
    return own, results.get("output", "")


@pytest.mark.slow
def test_gradescope_s_autograder_marks_one_submission(four, folder, capsys):
    assert gradebook(capsys, four, "--gradescope", "-o", "a.zip")[0] == 0
    right, wrong = four.path(0).read_bytes(), four.path(1).read_bytes()
    users = [[{"email": "", "id": 1, "name": f"Student {n}"}] for n in range(4)]
    archive = folder / "a.zip"
    assert score_of(at_gradescope(archive, folder, right, users[0])) == (100, "")
    assert score_of(at_gradescope(archive, folder, wrong, users[1])) == (40, "")
    score, said = score_of(at_gradescope(archive, folder, right, users[1]))
    assert score == 0
    assert said == "this is not the workbook that was handed out to you"
    score, said = score_of(at_gradescope(archive, folder, b"junk", users[1]))
    assert score == 0
    assert "cannot be read" in said
    assert "/" not in said


def test_results_that_were_changed_are_refused(four, folder, capsys):
    shutil.copytree(four.folder, folder / "hw1")
    table = (four.folder / "results/grades.csv").read_text()
    (folder / "export.csv").write_text(CANVAS)
    arguments = ("--canvas", "export.csv", "--column", "Homework 1", "-o", "out.csv")
    for text, words in {
        table.replace("s0,100,", "s0,many,"): ["row 2", "'many'"],
        table.replace("s0,100,", "s9,100,"): ["row 2", "not a student"],
        table + table.splitlines()[1] + "\n": ["row 6", "twice"],
        table.replace("max_points", "most"): ["no column max_points"],
    }.items():
        (folder / "hw1/results/grades.csv").write_text(text)
        assert_refused(called(capsys, "gradebook", "hw1", *arguments), "grades.csv", *words)
    for text in ("{", "[]", "{}", '{"results": [1]}'):
        (folder / "hw1/results/results.json").write_text(text)
        outcome = called(capsys, "gradebook", "hw1", "--junit", "-o", "out.xml")
        assert_refused(outcome, "results.json", "changed")
    assert not list(folder.glob("out*"))


def test_before_grades_there_is_nothing_to_hand_on(four, folder, capsys):
    shutil.copytree(four.folder, folder / "hw1")
    shutil.rmtree(folder / "hw1/results")
    (folder / "sheet.csv").write_text(worksheet("en"))
    for arguments in (("--moodle", "sheet.csv"), ("--junit",)):
        outcome = called(capsys, "gradebook", "hw1", *arguments, "-o", "out")
        assert_refused(outcome, "run xlbackprop grade first")
    for arguments in ((), ("--junit", "--gradescope"), ("--canvas", "x")):
        assert_refused(called(capsys, "gradebook", "hw1", *arguments, "-o", "out"), "--canvas")
    assert {path.name for path in folder.iterdir()} == {"hw1", "sheet.csv"}
