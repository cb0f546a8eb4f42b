"""What a browser may do with the page, and which requests are none of ours."""

import re
import sys
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

import xlbackprop
from tests.support.command_line import assert_refused, called
from xlbackprop.report.html import html_report
from xlbackprop.web.files import page_files, type_of
from xlbackprop.web.policy import content_policy, headers, is_foreign, is_known_host
from xlbackprop.web.server.serving import Serving


class Inline(HTMLParser):
    """Collects the scripts and styles that stand on a page."""

    def __init__(self):
        super().__init__()
        self.found, self._open = [], False

    def handle_starttag(self, tag, attributes):
        is_data = dict(attributes).get("type") == "application/json"
        self._open = tag in ("script", "style") and not is_data
        assert not {"style", "onclick", "onload"} & set(dict(attributes))

    def handle_endtag(self, tag):  # noqa: ARG002
        self._open = False

    def handle_data(self, data):
        if self._open:
            self.found.append(data)


def inline(html):
    parser = Inline()
    parser.feed(html)
    return parser.found


def test_policy_lets_the_report_and_the_equations_be_shown_and_nothing_else(page):
    report = html_report(xlbackprop.review_workbook(page))
    parts = [*inline(report), *inline(xlbackprop.equations("xor", "html"))]
    hashes = {f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in parts}
    assert len(hashes) == 3
    policy = content_policy()
    assert set(re.findall(r"'sha256-[^']*'", policy)) == hashes
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")


def test_page_has_nothing_inline_and_asks_nobody_else():
    files = page_files("serve")
    assert inline(files["index.html"].decode()) == []
    for name, content in files.items():
        assert type_of(name)
        addresses = re.findall(rb"\bhttps?://[^\"' ]*", content)
        assert set(addresses) <= {b"http://www.w3.org/2000/svg"}, name
        assert not re.search(rb"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", content)


def test_every_answer_forbids_frames_and_guessing():
    own = headers()
    assert own["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in own["Content-Security-Policy"]
    assert not any(name.lower().startswith("access-control") for name in own)


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("127.0.0.1:8000", True), ("localhost:8000", True), ("[::1]:8000", True),
        ("LOCALHOST", True), ("evil.example:8000", False), ("", False),
        ("127.0.0.1.evil.example", False), ("localhost@evil.example", False),
    ],
)  # fmt: skip
def test_another_sites_name_does_not_lead_here(host, is_known):
    assert is_known_host(host, Serving().known_hosts) is is_known


def test_server_on_every_address_knows_the_names_it_is_told():
    everywhere = Serving("0.0.0.0")
    assert is_known_host("any.example", everywhere.known_hosts)
    named = Serving("0.0.0.0", names=("a.example",))
    assert is_known_host("a.example", named.known_hosts)
    assert not is_known_host("any.example", named.known_hosts)


@pytest.mark.parametrize(
    ("origin", "fetch_site", "foreign"),
    [
        ("", "", False), ("http://a.example:80", "", False), ("https://a.example:80", "", False),
        ("http://b.example", "", True), ("null", "", True), ("", "cross-site", True),
        ("", "same-site", True), ("http://a.example:80", "same-origin", False), ("", "none", False),
    ],
)  # fmt: skip
def test_page_of_another_site_is_foreign(origin, fetch_site, foreign):
    assert is_foreign("a.example:80", origin, fetch_site) is foreign


def test_without_the_extra_one_line_says_what_to_install(monkeypatch, capsys):
    for name in ("uvicorn", "starlette", "starlette.exceptions", "xlbackprop.web.server.bodies"):
        monkeypatch.setitem(sys.modules, name, None)
    assert_refused(called(capsys, "serve", "--port", "0"), "pip install 'xlbackprop[serve]'")
