"""The commands `explain` and `equations` as people and scripts meet them."""

import json

import pytest

import xlbackprop
from tests.support.filling import fill, places_by_index
from xlbackprop.__main__ import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def page(folder):
    return xlbackprop.build("conv5x5x2", folder / "mine.xlsx")


def called(capsys, *arguments):
    capsys.readouterr()
    status = main(list(map(str, arguments)))
    output = capsys.readouterr()
    return status, output.out, output.err


def refused(capsys, *arguments):
    """Call the program, which must refuse in one line, and return the line."""
    status, out, err = called(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


# explain


def test_explain_prints_symbols_indices_cells_numbers_and_the_result(page, capsys):
    status, out, err = called(capsys, "explain", page, "conv1.dL_dh[0,2,3]")
    address = places_by_index(page)["conv1.dL_dh", (0, 2, 3)][1]
    assert (status, err) == (0, "")
    assert out.startswith(f"conv1.{address} is conv1.dL_dh[0,2,3]: gradient for the layer before")
    assert "dL/dh[c,u,v] = Σ(k,a,b) G[k,u+a,v+b] · R[k,c,a,b]" in out
    assert "dL/dh[0,2,3] = Σ(k,a,b) G[k,2+a,3+b] · R[k,0,a,b]" in out
    assert "+ G[0,2,3] · R[0,0,0,0]" in out
    assert "0.55 · (-1)" in out
    assert "14 terms that are 0" in out
    assert "= 1.66" in out
    assert "The workbook has 1.66, which is right." in out


def test_explain_shortens_long_sums_unless_asked_for_all(folder, capsys):
    path = xlbackprop.build("digit", folder / "digit.xlsx")
    short = called(capsys, "explain", path, "dense1.out[3]")[1]
    full = called(capsys, "explain", path, "dense1.out[3]", "--full")[1]
    assert "more terms; --full lists all" in short
    assert len(short.splitlines()) < 40
    assert "more terms" not in full
    assert full.count("+ h[") == 288


def test_explain_of_a_given_is_one_sentence(page, capsys):
    status, out, _ = called(capsys, "explain", page, "conv1.h[0,0,0]")
    assert status == 0
    assert "A number you choose: it is -95." in out
    assert len(out.splitlines()) == 2


def test_explain_names_what_is_wrong_upstream(page, capsys):
    fill(page, {("conv1.w_rotated", (0, 0, 0, 1)): 7.5})
    out = called(capsys, "explain", page, "conv1.dL_dh[0,2,3]")[1]
    assert "made from cells that are not right:" in out
    assert "R[0,0,0,1]" in out
    assert "7.5" in out


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "[bold]x[/bold]", "<script>alert(1)</script>", "=cmd|'/c calc'!A1"]
)
def test_explain_shows_texts_of_the_workbook_as_text(text, page, capsys):
    shown = text.replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    fill(page, {("conv1.dL_dh", (0, 2, 3)): "x" + text.replace("\x1b", "")})
    status, out, _ = called(capsys, "explain", page, "conv1.dL_dh[0,2,3]")
    assert status == 0
    assert shown.lstrip("\N{REPLACEMENT CHARACTER}") in out


def test_explain_json_is_one_document(page, capsys):
    status, out, _ = called(capsys, "explain", page, "loss.L", "--json")
    data = json.loads(out)
    assert status == 0
    assert data["tensor"] == "loss.L"
    assert sum(term["value"] for term in data["terms"]) == pytest.approx(data["value"])


def test_explain_latex_is_a_document(page, capsys):
    out = called(capsys, "explain", page, "loss.L", "--latex")[1]
    assert out.startswith(r"\documentclass")
    assert out.endswith("\\end{document}\n")


def test_explain_takes_another_spec(page, capsys):
    assert called(capsys, "explain", page, "loss.L", "--spec", "conv5x5x2")[0] == 0
    assert "5×5" in refused(capsys, "explain", page, "loss.L", "--spec", "digit")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("conv1!A1", "a title, an index or empty"),
        ("nowhere!A1", "no tensor stands on a sheet 'nowhere'"),
        ("conv1.dL_dh[0]", "from conv1.dL_dh[0,0,0] to conv1.dL_dh[1,4,4]"),
        ("conv1.dL_dq[0]", "there is no tensor 'conv1.dL_dq'"),
        ("\x1b[31m!A1", "no tensor stands on a sheet"),
    ],
    ids=["title", "sheet", "index", "tensor", "escape"],
)
def test_explain_refuses_what_is_no_cell(cell, words, page, capsys):
    assert words in refused(capsys, "explain", page, cell)


def test_explain_refuses_a_file_that_is_no_workbook(folder, capsys):
    (folder / "no.xlsx").write_text("no")
    refused(capsys, "explain", folder / "no.xlsx", "loss.L")
    refused(capsys, "explain", folder / "none.xlsx", "loss.L")
    refused(capsys, "explain", folder / "no.xlsx")


# equations


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        ([], "conv5x5x2: "),
        (["--latex"], r"\documentclass"),
        (["--markdown"], "# conv5x5x2"),
        (["--html"], "<!doctype html>"),
    ],
    ids=["text", "latex", "markdown", "html"],
)
def test_equations_are_printed_or_written(options, begins, folder, capsys):
    status, out, err = called(capsys, "equations", "conv5x5x2", *options)
    assert (status, err) == (0, "")
    assert out.startswith(begins)
    file = folder / "new" / "equations"
    assert called(capsys, "equations", "conv5x5x2", *options, "-o", file)[1] == f"{file}\n"
    assert file.read_text() == out


def test_equations_replace_a_file_only_when_told_to(folder, capsys):
    file = folder / "kept"
    file.write_text("mine")
    assert "--force" in refused(capsys, "equations", "conv5x5x2", "-o", file)
    assert file.read_text() == "mine"
    assert called(capsys, "equations", "conv5x5x2", "-o", file, "--force")[0] == 0
    assert file.read_text() != "mine"
    assert list(folder.iterdir()) == [file]


def test_equations_of_a_broken_spec_write_nothing(folder, capsys):
    (folder / "broken.toml").write_text("name = 1")
    refused(capsys, "equations", "broken.toml", "--latex", "-o", folder / "out.tex")
    refused(capsys, "equations", "nothing-like-it")
    refused(capsys, "equations", "conv5x5x2", "-o", folder)
    assert [path.name for path in folder.iterdir()] == ["broken.toml"]
