"""Links and pictures in the README and docs/ lead somewhere, and the README stays short."""

import re
import struct
import subprocess
import sys

import pytest

from tests.support.program import ROOT, environment
from tests.tools import pictures
from tests.tools.pages import PAGES
from tests.tools.regions import DOCS

LINK = re.compile(r"\]\(([^)\s]+)\)")


def links_of(path):
    return LINK.findall(path.read_text(encoding="utf-8"))


def anchors_of(path):
    """Return the anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_are_there(path):
    for link in links_of(path):
        assert "://" not in link, link
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_every_page_is_in_the_index_and_every_picture_on_a_page():
    linked = {(path.parent / link.partition("#")[0]).resolve() for path in PAGES
              for link in links_of(path)}  # fmt: skip
    assert set((DOCS / "images").iterdir()) <= linked
    by_benchmark = {"speed"}
    made = {path.stem for path in (DOCS / "images").iterdir()}
    assert made == set(pictures.PICTURES) | by_benchmark
    index = {DOCS / link.partition("#")[0] for link in links_of(DOCS / "index.md")}
    assert set(DOCS.glob("*.md")) - {DOCS / "index.md"} <= index


def test_picture_is_small_and_as_wide_as_a_readme_at_twice_the_pixels():
    for path in (DOCS / "images").glob("*.png"):
        content = path.read_bytes()
        assert len(content) < 250_000, path.name
        assert struct.unpack(">I", content[16:20])[0] == 2 * 830, path.name


@pytest.mark.libreoffice
@pytest.mark.browser
def test_pictures_can_be_made_anew(tmp_path):
    """All but the last step, which needs a package that no test needs (Pillow)."""
    program = (
        "import pathlib, sys; from tests.tools import pictures as p; p.IMAGES = pathlib.Path('.');"
        "p.save = lambda drawn, picture, **_: picture.write_bytes(drawn.read_bytes()); p.main()"
    )
    command = [sys.executable, "-c", program, "overview", "report"]
    subprocess.run(command, cwd=tmp_path, env=environment(), check=True, timeout=300)
    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.png")}
    assert set(made) == {"overview.png", "report.png"}
    assert all(content.startswith(b"\x89PNG") for content in made.values())


def test_readme_stays_short():
    assert (ROOT / "README.md").stat().st_size <= 9_000


def test_no_registry_is_named_where_programs_are_installed():
    """What installs something uses the registry that the reader's own pip is set to."""
    files = [ROOT / ".pre-commit-config.yaml", *(ROOT / ".github").rglob("*.yml"), *PAGES]
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|index-url|\brev:", text), path
