"""The page's files, each with its type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
# What each back has of its own: the page asks it by the same name.
_BACKS = {"serve": "back-serve.js", "site": "back-site.js"}
_ONLY_SITE = ("worker.js", "service-worker.js")


@cache
def page_files(back: str) -> Mapping[str, bytes]:
    """Return the files of the page by their names, with the given back."""
    folder = files(__package__).joinpath("assets")
    own = _BACKS[back]
    found = {}
    for file in folder.iterdir():
        name = "back.js" if file.name == own else file.name
        is_other = name in _ONLY_SITE and back != "site"
        if not is_other and not name.startswith("back-"):
            found[name] = file.read_bytes()
    return found


def type_of(name: str) -> str:
    """Return the content type of a file of ours."""
    return TYPES[name.rpartition(".")[2]]
