"""The page as static files: what is in them, and where they come from."""

import importlib.util
import io
import json
import re
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.command_line import assert_refused, called
from tests.support.program import environment
from xlbackprop.errors import OutputError
from xlbackprop.spec.templates import template_names
from xlbackprop.web.bytecode import compiled_archive, compiling, imported, is_for
from xlbackprop.web.static.compiling import compiled
from xlbackprop.web.static.distribution import (
    CORE,
    LOCK,
    OFFICIAL_BASE,
    in_folder,
    integrity_of,
    official,
)
from xlbackprop.web.static.program_files import program_archive
from xlbackprop.web.static.site import site_files, write_site

WHEEL = "numpy-9.9-none-any.whl"


@pytest.fixture
def pyodide(tmp_path):
    """Return a folder that looks like Pyodide's."""
    folder = tmp_path / "given"
    folder.mkdir()
    for name in (*CORE, WHEEL):
        (folder / name).write_bytes(name.encode())
    numpy = {"name": "numpy", "file_name": WHEEL, "sha256": sha256(WHEEL.encode()).hexdigest()}
    others = {"pandas": {"name": "pandas", "file_name": "pandas.whl"}, "numpy": numpy}
    (folder / LOCK).write_text(json.dumps({"info": {"python": "3.14.0"}, "packages": others}))
    return folder


@pytest.fixture(scope="module")
def files():
    return site_files(official(), b"the program")


def listed(files):
    """Return what the service worker is to keep, by address."""
    text = files["service-worker.js"].decode()
    entries = json.loads(re.search(r"const FILES = (\[.*?\]);\n", text, re.DOTALL)[1])
    return {one["address"]: one for one in entries}


def test_each_file_is_kept_by_its_hash(files):
    kept = listed(files)
    own = set(files) - {"service-worker.js", "_headers"}
    assert set(kept) == own | {OFFICIAL_BASE + name for name in official().integrity}
    for name in own:
        assert kept[name]["integrity"] == integrity_of(files[name])
    assert kept[f"{OFFICIAL_BASE}pyodide.asm.wasm"]["type"] == "application/wasm"
    assert kept[f"{OFFICIAL_BASE}pyodide.mjs"]["type"] == "text/javascript"


def test_a_change_of_any_file_changes_the_service_worker(files, pyodide):
    assert site_files(official(), b"the program")["service-worker.js"] == files["service-worker.js"]
    assert site_files(official(), b"another")["service-worker.js"] != files["service-worker.js"]
    own = site_files(in_folder(pyodide), b"the program")
    assert own["service-worker.js"] != files["service-worker.js"]


def test_policy_names_the_distribution_and_nobody_else(files, pyodide):
    page, headers = files["index.html"].decode(), files["_headers"].decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert set(re.findall(r"https?://\S+", policy)) == {OFFICIAL_BASE, f"{OFFICIAL_BASE};"}
    assert "'unsafe-eval'" not in policy
    assert f"{policy}; frame-ancestors 'none'" in headers
    own = site_files(in_folder(pyodide), b"the program")
    assert not re.findall(rb"https?://(?!www\.w3\.org)", own["index.html"] + own["_headers"])


def test_list_of_packages_has_numpy_alone(files, pyodide):
    settings = json.loads(files["settings.js"].decode().partition("=")[2].rstrip(";\n"))
    assert [one["name"] for one in settings["templates"]["templates"]] == template_names()
    assert list(json.loads(settings["lock"])["packages"]) == ["numpy"]
    assert list(in_folder(pyodide).lock["packages"]) == ["numpy"]


@pytest.mark.slow
def test_program_runs_from_the_archive_alone(tmp_path):
    """What a browser is given is enough, but for NumPy; nothing else of this machine is used."""
    archive = program_archive()
    with zipfile.ZipFile(io.BytesIO(compiled_archive(archive, "/program"))) as package:
        package.extractall(tmp_path)
        names = package.namelist()
    assert not any("/cli/" in name or "/classroom/" in name for name in names)
    assert len(archive) < 1_600_000
    import numpy as np

    packages = str(Path(np.__path__[0]).parent)
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}]\n"
        f"import importlib.util, importlib.machinery as m\n"
        f"class Only:\n"
        f"    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == 'numpy':\n"
        f"            return m.PathFinder.find_spec(name, [{packages!r}])\n"
        f"sys.meta_path.append(Only())\n"
        f"from xlbackprop.web.tasks import Request, carry_out\n"
        f"built = carry_out('build', Request({{'template': 'mlp-2-2-2', 'blank': 'dL_dw'}}))\n"
        f"told = carry_out('check', Request({{'file': 'a.xlsx'}}, content=built.file))\n"
        f"assert told.header['verdict'] == 'incomplete', told.header\n"
        f"assert told.page and told.file\n"
        f"assert carry_out('equations', Request({{'template': 'mlp-2-2-2'}})).page\n"
        f"assert not {{'click', 'rich', 'pandas', 'openpyxl', 'ironcalc'}} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def zipped(files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        for name, content in files.items():
            package.writestr(name, content)
    return archive.getvalue()


def test_archive_is_the_same_each_time():
    archive = program_archive()
    assert archive == program_archive()
    few = zipped({"a.py": "x = {'a', 'b', 'c'}", "b.txt": "b"})
    assert compiled_archive(few, "/a") == compiled_archive(few, "/a")


def test_sources_are_compiled_and_all_else_stays(tmp_path, monkeypatch):
    files = {"own/code.py": "def where():\n    raise OSError\n", "own/bad.py": "print 'old'",
             "own/page.html": "<p>", "own/typed.pyi": "x: int"}  # fmt: skip
    archive = compiled_archive(zipped(files), "/program")
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        assert package.namelist() == ["own/code.pyc", "own/bad.py", "own/page.html"]
        assert package.read("own/code.pyc").startswith(importlib.util.MAGIC_NUMBER)
        assert package.read("own/bad.py") == files["own/bad.py"].encode()
        package.extractall(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    code = importlib.import_module("own.code")
    assert code.where.__code__.co_filename == "/program/own/code.py"


def test_only_what_was_imported_is_compiled_by_those_who_read():
    assert {
        "xlbackprop/__init__.py",
        "xlbackprop/web/static/site.py",
        "json/decoder.py",
    } <= imported()
    assert "antigravity.py" not in imported()
    work = compiling(zipped({"a.py": "1", "b.py": "2", "c.txt": "3"}), "/program", {"b.py"})
    for _ in range(3):  # between which something else may be done
        next(work)
    with pytest.raises(StopIteration) as done:
        next(work)
    with zipfile.ZipFile(io.BytesIO(done.value.value)) as package:
        assert package.namelist() == ["a.py", "b.pyc", "c.txt"]


def test_bytecode_is_for_one_version_of_python(pyodide, monkeypatch):
    own = sys.version_info
    assert is_for(f"{own.major}.{own.minor}.77")
    assert not is_for(f"{own.major}.{own.minor + 1}.0")
    monkeypatch.setenv("PATH", "")  # there is no Node.js
    source = in_folder(pyodide)
    assert compiled(source, b"the program") == (source, b"the program")


def test_what_is_compiled_is_kept_by_its_new_hash(pyodide, tmp_path):
    own = ".".join(map(str, sys.version_info[:3]))
    lock = json.loads((pyodide / LOCK).read_text())
    (pyodide / WHEEL).write_bytes(zipped({"numpy/one.py": "1"}))
    (pyodide / "python_stdlib.zip").write_bytes(zipped({"two.py": "2"}))
    lock["packages"]["numpy"]["sha256"] = sha256((pyodide / WHEEL).read_bytes()).hexdigest()
    (pyodide / LOCK).write_text(json.dumps({**lock, "info": {"python": own}}))
    source, program = compiled(in_folder(pyodide), zipped({"three.py": "3"}))
    source.write(tmp_path)
    for name, inside in ((WHEEL, "numpy/one.pyc"), ("python_stdlib.zip", "two.pyc")):
        with zipfile.ZipFile(tmp_path / name) as package:
            assert package.namelist() == [inside]
        assert source.integrity[name] == integrity_of((tmp_path / name).read_bytes())
    assert source.integrity["pyodide.mjs"] == in_folder(pyodide).integrity["pyodide.mjs"]
    content = (tmp_path / WHEEL).read_bytes()
    assert source.lock["packages"]["numpy"]["sha256"] == sha256(content).hexdigest()
    assert zipfile.ZipFile(io.BytesIO(program)).namelist() == ["three.pyc"]


def test_site_is_written_from_a_folder(pyodide, tmp_path, capsys):
    folder = tmp_path / "site"
    status, out, _ = called(capsys, "site", "-o", folder, "--pyodide", pyodide)
    assert (status, out.strip()) == (0, str(folder))
    assert {path.name for path in (folder / "pyodide").iterdir()} == {*CORE, WHEEL}
    assert_refused(called(capsys, "site", "-o", folder, "--pyodide", pyodide), "--force")
    assert called(capsys, "site", "-o", folder, "--force")[0] == 0
    assert not (folder / "pyodide").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"given", "site"}


def test_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="holds something else"):
        write_site(tmp_path, force=True)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / WHEEL).write_text("x"), "is not the file"),
        (lambda folder: (folder / WHEEL).unlink(), "does not hold Pyodide"),
        (lambda folder: (folder / "pyodide.asm.wasm").unlink(), "does not hold Pyodide"),
        (lambda folder: (folder / LOCK).write_text("[]"), "no list of Pyodide's packages"),
        (lambda folder: (folder / LOCK).unlink(), "does not hold Pyodide"),
        (
            lambda folder: (folder / LOCK).write_text(
                (folder / LOCK).read_text().replace(WHEEL, "../../etc/passwd")
            ),
            "no list of Pyodide's packages",
        ),
    ],
)
def test_folder_without_a_whole_pyodide_is_refused(pyodide, tmp_path, spoil, words):
    spoil(pyodide)
    with pytest.raises(OutputError, match=words):
        write_site(tmp_path / "site", pyodide)
    assert not (tmp_path / "site").exists()
