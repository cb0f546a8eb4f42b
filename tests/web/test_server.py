"""The server: as many as come are served, what is hostile costs the others nothing."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread

import psutil
import pytest

from tests.bench.load import load
from tests.support.dropped_workbooks import SCRIPT, by_command_line, made
from tests.support.served import served

pytestmark = pytest.mark.hostile


@pytest.fixture(scope="module")
def server():
    with served("--workers", "2", "--waiting", "4") as it:
        yield it


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    path = made("wrong.xlsx", tmp_path_factory.mktemp("wrong"))
    return path.read_bytes(), by_command_line(path)


def assert_serves(server, wrong):
    content, told = wrong
    answer = server.task("check", content, file="wrong.xlsx")
    assert answer.status == 200, answer.body
    assert (answer.said["verdict"], answer.said["counts"]) == (told.verdict, told.counts)


def test_page_and_its_files_have_all_headers(server):
    for path, status in (("/", 200), ("/page.js", 200), ("/page.css", 200), ("/x", 404)):
        answer = server.asked("GET", path)
        assert answer.status == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
    assert b"<html" in server.asked("GET", "/").body


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/app.py", "//etc/passwd",
             "/back-site.js", "/api/templates/..", "/page.js%00", "/api/check", "/api/exec"]
)  # fmt: skip
def test_no_path_leads_out_of_the_page(server, path):
    answer = server.asked("GET", path)
    assert answer.status in (404, 405)
    assert answer.headers["x-frame-options"] == "DENY"
    assert b"/" not in answer.body.replace(b"application/json", b"")


def test_declared_size_is_refused_before_it_is_sent(server, wrong):
    with server.raw() as connection:
        connection.sendall(
            b"PUT /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n"
        )
        assert b" 413 " in connection.recv(4_096)
    assert_serves(server, wrong)


def test_size_that_is_not_declared_is_refused_when_it_is_reached(server, wrong):
    sent = 0

    def chunks():
        nonlocal sent
        for _ in range(100):
            sent += 1_000_000
            yield b"\0" * 1_000_000

    try:
        answer = server.asked("PUT", "/api/check", chunks(), encode_chunked=True)
        assert answer.status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert sent < 60_000_000
    assert psutil.Process(server.pid).memory_info().rss < 300_000_000
    assert_serves(server, wrong)


def test_bomb_script_and_name_are_judged_and_nothing_of_them_stays(server, wrong, tmp_path):
    bomb = server.task("check", made("bomb.xlsx", tmp_path).read_bytes(), file="bomb.xlsx")
    assert bomb.status == 422
    script = made("script.xlsx", tmp_path).read_bytes()
    answer = server.task("check", script, file=f"../../{SCRIPT}.xlsx")
    assert answer.status == 200
    assert "<img src=x" not in answer.page
    assert [one for one in server.temporary.rglob("*") if one.is_file()] == []
    assert_serves(server, wrong)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
    ids=str,
)
def test_page_of_another_site_gets_nothing(server, headers, status):
    answer = server.asked("PUT", "/api/templates", b"", headers)
    assert answer.status == status
    assert server.asked("OPTIONS", "/api/check", b"", {"Origin": "http://a.example"}).status == 405
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(
    "query", ["spec_bytes=-1", "spec_bytes=9999999999", "spec_bytes=x", f"cell={'x' * 30_000}",
              "&".join(f"p{n}=1" for n in range(40))], ids=["minus", "long", "x", "cell", "many"]
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused(server, query):
    assert server.asked("PUT", f"/api/check?{query}", b"x").status == 400


def test_spec_that_is_no_text_is_refused(server):
    assert server.asked("PUT", "/api/build?spec_bytes=2", b"\xff\xfe").status == 400


def test_worker_that_is_killed_is_replaced(server, wrong):
    for worker in psutil.Process(server.pid).children():
        worker.kill()
    assert server.task("equations", template="xor").status in (200, 422)
    server.task("equations", template="xor")
    assert_serves(server, wrong)


def test_those_for_whom_there_is_no_place_are_told_when_to_come_back(server, wrong):
    content, _ = wrong
    with ThreadPoolExecutor(30) as threads:
        asked = [
            threads.submit(server.task, "check", content, file="wrong.xlsx") for _ in range(30)
        ]
        answers = [one.result() for one in asked]
    statuses = {answer.status for answer in answers}
    assert statuses == {200, 503}
    for answer in answers:
        assert answer.status == 200 or answer.headers["retry-after"] == "5"
    assert_serves(server, wrong)


def test_who_goes_away_keeps_no_place(server, wrong):
    content, _ = wrong
    length = f"Content-Length: {len(content)}"
    head = f"PUT /api/check?file=a.xlsx HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n"
    for part in (content, content[:100]):
        for _ in range(12):
            with server.raw() as connection:
                connection.sendall(head.encode() + part)
    deadline = time.monotonic() + 20
    while server.task("equations", template="xor").status == 503:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert_serves(server, wrong)


@contextmanager
def in_this_process(bodies):
    """Run a server in a thread, and give its port."""
    import uvicorn

    from xlbackprop.web.server.app import make_app
    from xlbackprop.web.server.serving import Serving

    crew = Serving(workers=1).crew()
    config = uvicorn.Config(make_app(crew, bodies, ()), log_level="warning", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def test_slow_body_is_refused_while_others_are_served():
    from xlbackprop.web.server.bodies import Bodies

    head = b"PUT /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nP"
    bodies = Bodies(seconds=1.0)
    with in_this_process(bodies) as port:
        slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(60)]
        for connection in slow:
            connection.sendall(head)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as other:
            other.sendall(b"GET /api/templates HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in other.recv(4_096)
        for connection in slow:
            assert b" 408 " in connection.recv(4_096)
            connection.close()
        assert bodies.held == 0


def test_bodies_that_are_too_much_together_are_not_all_taken():
    from xlbackprop.web.server.bodies import Bodies

    head = b"PUT /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
    bodies = Bodies(seconds=5.0, most_held=10_000)
    with in_this_process(bodies) as port:
        first = socket.create_connection(("127.0.0.1", port), timeout=20)
        first.sendall(head + b"x" * 8_000)
        while bodies.held < 8_000:
            time.sleep(0.01)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as second:
            second.sendall(head + b"x" * 8_000)
            assert b" 503 " in second.recv(4_096)
        first.close()


def test_under_load_all_are_judged_or_told_to_wait_and_nothing_is_left():
    with served("--workers", "2", "--waiting", "10") as it:
        outcome = load(it, at_once=20, seconds=1)
        children = psutil.Process(it.pid).children(recursive=True)
        assert children
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert outcome.wrong == []
    assert set(outcome.statuses) <= {200, 422, 503}
    assert outcome.statuses[200] >= 5
    assert outcome.megabytes < 1_000
    assert outcome.processes <= 1 + 2 * 3
