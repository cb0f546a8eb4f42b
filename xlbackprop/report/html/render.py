"""The content put into the template, and what a browser may do with it: next to nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from xlbackprop.judge.review import Review
from xlbackprop.report.from_review import make_report
from xlbackprop.report.hints import Hints
from xlbackprop.report.html.content import Content, page_content
from xlbackprop.report.html.legend import KIND_MEANINGS, STATUS_MEANINGS

_ASSETS = "assets"
_SCRIPTS = ("drawing.js", "explaining.js", "report.js", "walk.js", "around.js")


def html_report(review: Review, hints: Hints = Hints.RULE, *, preface: str = "") -> str:
    """Return a judged workbook as one HTML page that needs nothing else, with so many hints.

    Numbers of right cells are on it as they were found; a right number that was not found is on
    it, in any form, only with `Hints.ANSWER`, and the equations from `Hints.RULE` on. `preface` is
    put before everything else on it, as text, unless it is Markup.
    """
    report = make_report(review).told(hints)
    return _rendered(page_content(review, report, hints), preface)


def html_view(review: Review) -> str:
    """Return a workbook that was not judged as one HTML page: the report without its judgement.

    Each cell is explained, and a slider walks through the equations as they are computed.
    """
    return _rendered(page_content(review, None, Hints.ANSWER), "")


def _rendered(content: Content, preface: str) -> str:
    meanings = {"meanings": STATUS_MEANINGS, "kinds": KIND_MEANINGS}
    data = {**content.data, **meanings, "walk": content.walk}
    page = _page()
    return page.template.render(
        content=content,
        preface=preface,
        style=page.style,
        script=page.script,
        policy=page.policy,
        data=_json(data),
    )


def asset_hashes() -> tuple[str, str]:
    """Return the hashes of every page's style and script, as a policy has them."""
    page = _page()
    return _hash(page.style), _hash(page.script)


@dataclass(frozen=True)
class _Page:
    template: Template
    style: Markup
    script: Markup
    policy: str


@cache
def _page() -> _Page:
    environment = Environment(
        loader=PackageLoader(__package__, _ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (
        _asset("style.css"),
        Markup("").join(map(_asset, _SCRIPTS)),
    )
    return _Page(environment.get_template("page.html"), style, script, _policy(style, script))


def _policy(style: str, script: str) -> str:
    """Return the page's content-security policy: its own style and script, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _asset(name: str) -> Markup:
    path = files(__package__).joinpath(_ASSETS, name)
    return Markup(path.read_text(encoding="utf-8"))  # noqa: S704  (a file of ours)


def _json(data: Mapping[str, Any]) -> Markup:
    """Return data as JSON in which nothing can end, or open, an element or a comment."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    escaped = text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")
    return Markup(escaped)  # noqa: S704  (no character of HTML is left in it)
