"""Handing out: own numbers for each student, fit for the exercise, and nothing by halves."""

import hashlib
import shutil
import stat

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.command_line import assert_refused, called
from tests.support.filling import arrays_of
from xlbackprop.classroom.assignments.assignment import digest_of, load_assignment
from xlbackprop.workbook import description

ROSTER = 'id,name,email,group\na1,"Lovelace, Ada",ada@x.org,3\nb2,=cmd()|x,,\nc3,Grace,,\n'
TINY = 'name = "tiny"\ninput = [3]\n[[layers]]\ntype = "dense"\nunits = 2\n'
ASKED = ("--blank", "dL_dw,dL_dh")

pytestmark = pytest.mark.usefixtures("roster")


def assign(capsys, *more, spec="conv5x5x2", output="hw1"):
    arguments = (spec, "--roster", "roster.csv", *ASKED, "-o", output, *more)
    return called(capsys, "assign", *arguments)


@pytest.fixture
def roster(folder):
    """A folder with a roster of three students."""
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (folder / "tiny.toml").write_text(TINY)
    return folder / "roster.csv"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """An assignment on the smallest network, which tests copy."""
    place = tmp_path_factory.mktemp("tiny")
    (place / "roster.csv").write_text("id\na1\n")
    spec = xlbackprop.parse_spec(TINY)
    xlbackprop.assign(spec, place / "roster.csv", place / "hw1", blank=["dL_dw", "dL_dh"])
    return place / "hw1"


def contents(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files}  # fmt: skip


def givens(path):
    """Return the numbers on a page's blocks of givens and parameters, read by openpyxl."""
    kinds = {one.name: one.kind for one in xlbackprop.inspect(path).tensors}
    arrays = arrays_of(path)
    return {n: arrays[n].tolist() for n in arrays if kinds[n] in ("given", "parameter")}


def test_each_gets_a_workbook_of_their_own_with_nothing_given_away(folder, capsys):
    status, out, err = assign(capsys)
    assert (status, out, err) == (0, "hw1: 3 workbooks, 3 students in all\n", "")
    paths = {one: folder / f"hw1/handout/{one}.xlsx" for one in ("a1", "b2", "c3")}
    numbers = {one: givens(path) for one, path in paths.items()}
    assert len({str(own) for own in numbers.values()}) == 3
    for one, path in paths.items():
        report = xlbackprop.check(path)
        assert report.counts == {"right": 232, "blank": 104}
        book = openpyxl.load_workbook(path)
        name = {"a1": "Lovelace, Ada", "b2": "=cmd()|x", "c3": "Grace"}[one]
        assert book["Overview"]["B3"].value == name
        assert book["Overview"]["B3"].data_type == "s"
        assert book[description.SHEET].sheet_state == "hidden"
    mode = (folder / "hw1/secret.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert load_assignment(folder / "hw1").points == {"conv1.dL_dw": 51.92, "conv1.dL_dh": 48.08}


def test_numbers_are_as_short_as_the_template_s_and_come_from_the_secret(folder, capsys):
    assign(capsys)
    assign(capsys, output="hw2")
    plain = givens(xlbackprop.build("conv5x5x2", folder / "plain.xlsx"))
    own, other = (givens(folder / f"{hw}/handout/a1.xlsx") for hw in ("hw1", "hw2"))
    assert own != other
    for name, rows in own.items():
        numbers, most = np.array(rows), np.abs(plain[name]).max()
        assert (numbers == np.round(numbers, 2)).all()
        assert np.abs(numbers).max() <= most


def test_students_who_are_added_get_theirs_and_nobody_else_is_touched(roster, folder, capsys):
    assign(capsys, spec="tiny.toml")
    before = contents(folder / "hw1/handout")
    roster.write_text(ROSTER + "d4,New,,\n", encoding="utf-8")
    assert assign(capsys, spec="tiny.toml")[1] == "hw1: 1 workbooks, 4 students in all\n"
    after = contents(folder / "hw1/handout")
    assert set(after) - set(before) == {"d4.xlsx"}
    assert {name: after[name] for name in before} == before
    # What was lost, or not yet written when the program was stopped, comes back as it was.
    (folder / "hw1/handout/b2.xlsx").unlink()
    assert assign(capsys, spec="tiny.toml")[0] == 0
    assert contents(folder / "hw1/handout") == after
    names = [one.name for one in load_assignment(folder / "hw1").students.values()]
    assert names == ["Lovelace, Ada", "=cmd()|x", "Grace", "New"]
    assert ",'=cmd()|x," in (folder / "hw1/students.csv").read_text()


def test_same_numbers_for_all_and_points_by_tensor(folder, capsys):
    points = ("--points", "dense1.dL_dw=40,dL_dh=20")
    assert assign(capsys, "--same", *points, spec="tiny.toml")[0] == 0
    own = [givens(path) for path in sorted(folder.glob("hw1/handout/*.xlsx"))]
    assert own[0] == own[1] == own[2]
    assignment = load_assignment(folder / "hw1")
    assert assignment.points == {"dense1.dL_dw": 40, "dense1.dL_dh": 20}
    values = {digest_of(assignment.network, assignment.values(one))
              for one in assignment.students.values()}  # fmt: skip
    assert values == {one.numbers for one in assignment.students.values()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\nAda\n", ["no column id"]),
        ("id,name\n", ["nobody"]),
        ("id\na1\nA1\n", ["row 3", "twice"]),
        ("id\n../x\n", ["row 2", "name of a file"]),
        ("id\nnul\n", ["row 2", "name of a file"]),
        ("id,name\n,Ada\n", ["row 2", "no id"]),
        ("id,name,name\na,b,c\n", ["two columns name"]),
        ("id,name\na,Lovelace, Ada\n", ["row 2", "a comma needs quotes"]),
        ('id,name\na,"Ada\nb,Grace\n', ["no CSV table"]),
        (b"PK\3\4\xff", ["UTF-8"]),
        ("id,name\na1,Zo\xeb\n".encode("latin-1"), ["UTF-8"]),
        ("", ["no column id"]),
    ],
)
def test_bad_roster_gets_one_line_and_nothing_is_written(text, words, folder, capsys):
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "roster.csv").write_bytes(content)
    assert_refused(assign(capsys), "roster.csv", *words)
    assert sorted(path.name for path in folder.iterdir()) == ["roster.csv", "tiny.toml"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_roster_as_excel_writes_it_is_read(encoding, folder, capsys):
    (folder / "roster.csv").write_bytes("ID;Name\n7;Zoë\n".encode(encoding))
    assert assign(capsys, spec="tiny.toml")[0] == 0
    assert [one.name for one in load_assignment(folder / "hw1").students.values()] == ["Zoë"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--points", "dL_db=3"], ["points", "dL_db"]),
        (["--points", "dL_dw"], ["TENSOR=NUMBER"]),
        (["--points", "dL_dw=x"], ["TENSOR=NUMBER"]),
        (["--points", "dL_dw=nan"], ["nan", "a number from 0"]),
        (["--points", "dL_dw=1,conv1.dL_dw=2"], ["two numbers"]),
        (["--points", "dL_dw=0,dL_dh=0"], ["points", "no tensor is worth any"]),
        (["--blank", "dL_dq"], ["dL_dq"]),
        (["--blank", " "], ["--blank"]),
    ],
)
def test_bad_points_and_blanks_are_refused(more, words, folder, capsys):
    assert_refused(assign(capsys, *more), *words)
    assert not (folder / "hw1").exists()


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        ("assignment.toml", 'made = "20', 'made = "on 20', ["made", "on 20", "a time as"]),
        ("assignment.toml", '+00:00"', '"', ["made", "a time as"]),
        ("assignment.toml", "same = false", "same = 0", ["same", "0"]),
        ("assignment.toml", '_dw" = ', '_dw" = -', ["points: dense1.dL_dw", "a number from 0"]),
        ("assignment.toml", '_dw" = ', '_dw" = "x" #', ["points: dense1.dL_dw", "a number from 0"]),
        ("assignment.toml", '"dense1.dL_d', '#"', ["points", "no tensor is worth any"]),
        ("assignment.toml", "carried = 1.0", "carried = true", ["rules: carried", "from 0 to 1"]),
        ("assignment.toml", "[points]", "[point]", ["no key point", "points"]),
        ("students.csv", "a1,,,", f"a1,,,{'9' * 5000}", ["students.csv", "draw is no number"]),
        ("students.csv", "a1,,,", "a1,,,-", ["students.csv", "draw is no number"]),
    ],
)  # fmt: skip
def test_nonsense_edits_get_one_line(file, before, after, words, tiny, folder, capsys):
    shutil.copytree(tiny, folder / "hw1")
    path = folder / "hw1" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    assert_refused(called(capsys, "grade", "hw1", "hw1/handout"), *words)
    assert not (folder / "hw1/results").exists()


def test_folder_of_something_else_is_left_alone(folder, capsys):
    (folder / "hw1").mkdir()
    (folder / "hw1/mine.txt").write_text("x")
    assert_refused(assign(capsys, spec="tiny.toml"), "hw1", "not empty")
    assert contents(folder / "hw1").keys() == {"mine.txt"}
    assign(capsys, spec="tiny.toml", output="hw2")
    before = contents(folder / "hw2")
    assert_refused(assign(capsys, "--same", spec="tiny.toml", output="hw2"), "another same")
    assert_refused(assign(capsys, output="hw2", spec="conv-depthwise"), "another spec")
    assert contents(folder / "hw2") == before
