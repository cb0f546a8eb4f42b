"""The keys in docs/json.md are those of real documents, with just these types."""

import json
import re

import pytest

import xlbackprop
from tests.classroom.classes import Class
from tests.docs.preparations import a_dense_layer, filters_not_turned, own_workbook, two_mistakes
from tests.judge.gradients.one_layer import layer
from tests.support import lines_of_steps
from tests.support.filling import fill
from tests.tools.pages import blocks_of
from tests.tools.regions import DOCS
from xlbackprop.__main__ import main
from xlbackprop.judge.verify import Status

KINK = """name = "kink"
input = [2]
[[layers]]
type = "relu"
[loss]
type = "given"
[values.arrays]
"relu1.h" = [0, 1]
"relu1.dL_dout" = [1, 1]
"""
STATUSES = {status.word for status in Status}
NAMES = {
    str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null",
}  # fmt: skip


def documented():
    """Return the types of each key of each command, as the page has them."""
    page = (DOCS / "json.md").read_text(encoding="utf-8")
    return {
        name: {
            key: set(re.split(", | or (?!false)", types))
            for key, types in re.findall(r"^\| `(\S+)` \| ([^|]+) \|", text, re.MULTILINE)
        }
        for name, text in re.findall(r"\n## (\w+)\n(.*?)(?=\n## |\Z)", page, re.DOTALL)
    }


def types_in(value, path=""):
    """Yield each key of a document and its value's type, in the page's words."""
    if isinstance(value, dict):
        if path and not path.endswith("[]"):
            yield path, "object"
        for key, inner in value.items():
            name = "<status>" if key in STATUSES and path.endswith("counts") else key
            name = "<tensor>" if path.endswith("results[].tensors") else name
            yield from types_in(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list) and value and not isinstance(value[0], dict):
        (kind,) = {NAMES[type(one)] for one in value}
        yield path, f"list of {kind}s"
    elif isinstance(value, list):
        if path:
            yield path, "list"
        for inner in value:
            yield from types_in(inner, f"{path}[]")
    else:
        yield path, NAMES[type(value)]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """Return real documents of every command that prints some, made so that all keys occur."""
    folder = tmp_path_factory.mktemp("documents")
    path = folder / "mine.xlsx"
    return {name: list(make(folder, path)) for name, make in MAKERS.items()}


def printed(*words):
    """Return the document that a command prints."""
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main([*map(str, words), "--json"]) in (0, 1)
    return json.loads(out.getvalue())


def templates(_folder, _path):
    yield printed("templates")


def described(_folder, _path):
    yield printed("describe", "conv5x5x2")


def built(path):
    blank = ["dL_dw", "dL_dh"]
    return xlbackprop.build("conv5x5x2", path, blank=blank, force=True)


def inspected(_folder, path):
    yield printed("inspect", built(path))


def checked(folder, path):
    yield printed("check", built(path))
    two_mistakes(folder)
    fill(path, {("conv1.out", (0, 0, 0)): "=1+1"})
    for level in ("where", "kind", "rule", "answer"):
        yield printed("check", path, "--prove", 2, "--hints", level)
    built(path)
    filters_not_turned(folder)
    fill(path, {("conv1.h", (0, 0, 0)): 8})
    yield printed("check", path)
    yield printed("check", *own_with_map(folder))
    yield printed("check", xlbackprop.build("mlp-2-2-2", folder / "whole.xlsx"))


def located(folder, _path):
    a_dense_layer(folder)
    yield printed("locate", folder / "dense.xlsx", "--guess")
    yield printed("locate", folder / "dense.xlsx", "--spec", "mlp-2-2-2")
    spec = folder / "steps.toml"
    spec.write_text(lines_of_steps.SPEC + lines_of_steps.TRAINING.format(2))
    yield printed("locate", lines_of_steps.write(folder / "steps.xlsx", 2), "--spec", spec)
    spec.write_text(lines_of_steps.SPEC)
    yield printed("locate", folder / "steps.xlsx", "--spec", spec)
    book = layer(has_label=True)
    for rows in (16, 14):  # with updates, and without
        book.active.delete_rows(rows, 16 - rows)
        book.save(folder / "layer.xlsx")
        yield printed("locate", folder / "layer.xlsx")


def explained(folder, path):
    built(path)
    yield printed("explain", path, "conv1.dL_dw[0,0,0,0]")
    two_mistakes(folder)
    fill(path, {("conv1.dL_dout_spread", (0, 2, 3)): 7, ("conv1.w_rotated", (0, 0, 0, 0)): "x"})
    fill(path, {("conv1.w_rotated", (0, 0, 0, 1)): None})
    for cell in ("conv1.dL_dh[0,2,2]", "conv1.dL_dh[0,2,3]", "conv1.dL_dh[0,0,0]", "loss.L"):
        yield printed("explain", path, cell)
    yield printed("explain", path, "conv1.h[0,0,0]")
    fill(path, {("conv1.h", (0, 0, 0)): "x"})
    yield printed("explain", path, "conv1.out[0,0,0]")
    yield printed("explain", *own_with_map(folder), "conv1.dL_dh[0,2,2]")


def graded(folder, _path):
    own = Class(folder, 2)
    own.hand_in_numbers(0)
    (own.submissions / "notes.xlsx").write_text("no workbook")
    yield printed("grade", own.folder, own.submissions)
    rules = own.folder / "assignment.toml"
    rules.write_text(rules.read_text("utf-8").replace('dL_dw" = 40', 'dL_dw" = 140'), "utf-8")
    yield printed("grade", own.folder, own.submissions)


def own_with_map(folder):
    (text,) = [b.text for b in blocks_of(DOCS / "own-workbooks.md") if "file" in b.marks]
    (folder / "own.toml").write_text(text)
    own_workbook(folder)
    return folder / "own.xlsx", "--map", folder / "own.toml"


def compared(folder, path):
    yield printed("gradcheck", "mlp-2-2-2")
    yield printed("gradcheck", built(path), "conv1.b")
    (folder / "kink.toml").write_text(KINK)
    yield printed("gradcheck", folder / "kink.toml")


MAKERS = {
    "gradcheck": compared,
    "templates": templates, "describe": described, "inspect": inspected, "check": checked,
    "locate": located, "explain": explained, "grade": graded,
}  # fmt: skip


@pytest.mark.parametrize("command", MAKERS)
def test_keys_and_types_are_those_of_real_documents(command, documents):
    found = {}
    for document in documents[command]:
        for key, kind in types_in(document):
            found.setdefault(key, set()).add(kind)
    expected = documented()[command]
    assert set(found) == set(expected)
    for key, kinds in found.items():
        # An empty list has nothing that says what it is a list of.
        is_list_of = any(kind.startswith("list of") for kind in kinds)
        assert kinds - ({"list"} if is_list_of else set()) == expected[key], key


def test_every_command_with_json_is_documented():
    from xlbackprop.cli import cli

    with_json = {
        name
        for name in cli.list_commands(None)
        if any("--json" in parameter.opts for parameter in cli.get_command(None, name).params)
    }
    assert set(documented()) == with_json == set(MAKERS)


def test_key_that_is_missing_or_of_another_type_is_noticed():
    found = dict(types_in({"a": [{"b": None}], "counts": {"right": 1}, "c": [1, 2]}))
    assert found == {
        "a": "list", "a[].b": "null", "counts": "object", "counts.<status>": "whole number",
        "c": "list of whole numbers",
    }  # fmt: skip
