"""The page with the installed program behind it: what each address answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xlbackprop.classroom.processes.frames import send as send_frame
from xlbackprop.web.files import page_files, type_of
from xlbackprop.web.policy import headers, is_foreign, is_known_host
from xlbackprop.web.server.bodies import Bodies
from xlbackprop.web.server.crew import BusyError, Crew
from xlbackprop.web.tasks import Answer

_TASKS = ("check", "explain", "build", "equations", "describe")
_SECONDS_UNTIL_AGAIN = "5"
_MOST_PARAMETERS, _LONGEST_PARAMETER = 12, 20_000
_METHODS = ["GET", "HEAD", "PUT"]


def make_app(crew: Crew, bodies: Bodies, hosts: Collection[str]) -> ASGIApp:
    """Return the application; `hosts` are the names that it is reached by, all where empty."""
    answers = Answers(crew, bodies)
    routes = [
        Route("/api/templates", answers.templates),
        Route("/api/{task}", answers.carry_out, methods=["PUT"]),
    ]
    return make_guarded(routes, crew, hosts)


def make_guarded(routes: Sequence[Route], crew: Crew, hosts: Collection[str]) -> ASGIApp:
    """Return an application of some routes and the page, whose workers end with it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            crew.stop()

    app = Starlette(
        routes=[*routes, Route("/", page_file), Route("/{name}", page_file)],
        exception_handlers={HTTPException: _failed, BusyError: _busy, Exception: _unforeseen},
        lifespan=lifespan,
    )
    return Guarded(app, frozenset(host.lower() for host in hosts))


@dataclass(frozen=True)
class Answers:
    """What is answered to those who ask for something to be done."""

    crew: Crew
    bodies: Bodies

    async def templates(self, request: Request) -> Response:  # noqa: ARG002
        """Return the list of templates."""
        answer = await self.crew.ask({"task": "templates", "parameters": {}})
        return JSONResponse(answer.header, 503 if answer.is_refusal else 200)

    async def carry_out(self, request: Request) -> Response:
        """Return what comes of a task, as a frame: a header, a page and a file."""
        task = request.path_params["task"]
        if task not in _TASKS:
            raise HTTPException(404)
        parameters = _parameters(request)
        body = await self.bodies.read(request)
        try:
            spec, content = _parts(parameters, bytes(body))
            header = {"task": task, "parameters": parameters}
            answer = await self.crew.ask(header, spec, content)
        finally:
            self.bodies.done(body)
        return framed(answer)


def framed(answer: Answer) -> Response:
    """Return an answer as a frame, or as the reason why there is none."""
    if answer.is_refusal:
        return JSONResponse(answer.header, 422)
    frame = BytesIO()
    send_frame(frame, answer.header, answer.page, answer.file)
    return Response(frame.getvalue(), media_type="application/octet-stream")


async def page_file(request: Request) -> Response:
    """Return a file of the page."""
    name = request.path_params.get("name", "index.html")
    content = page_files("serve").get(name)
    if content is None:
        raise HTTPException(404)
    return Response(content, headers={"Content-Type": type_of(name), "Cache-Control": "no-cache"})


def _parameters(request: Request) -> dict[str, str]:
    own = dict(request.query_params)
    if len(own) > _MOST_PARAMETERS or any(len(one) > _LONGEST_PARAMETER for one in own.values()):
        raise HTTPException(400, "there are too many parameters, or they are too long")
    return own


def _parts(parameters: dict[str, str], body: bytes) -> tuple[bytes, bytes]:
    """Return the spec that was sent, and the workbook."""
    length = parameters.pop("spec_bytes", "0")
    if not (length.isascii() and length.isdigit() and int(length[:12]) <= len(body)):
        raise HTTPException(400, "spec_bytes must say how many of the bytes sent are the spec's")
    spec = body[: int(length)]
    try:
        spec.decode()
    except UnicodeDecodeError:
        raise HTTPException(400, "the spec is no text in UTF-8") from None
    return spec, body[len(spec) :]


async def _failed(_: Request, error: Exception) -> Response:
    status, headers = getattr(error, "status_code", 500), getattr(error, "headers", None)
    return JSONResponse({"error": getattr(error, "detail", "")}, status, headers)


async def _busy(_: Request, error: Exception) -> Response:  # noqa: ARG001
    text = "many people are asking at this moment: try again in a few seconds"
    return JSONResponse({"error": text}, 503, {"Retry-After": _SECONDS_UNTIL_AGAIN})


async def _unforeseen(_: Request, error: Exception) -> Response:  # noqa: ARG001
    return JSONResponse({"error": "the server cannot cope with this request"}, 500)


@dataclass(frozen=True)
class Guarded:
    """An application that answers nobody but its own pages, each answer with its headers."""

    app: ASGIApp
    hosts: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or say why not."""
        if scope["type"] != "http":
            await (self.app(scope, receive, send) if scope["type"] == "lifespan" else _close(send))
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                for name, value in headers().items():
                    own[name] = value
                own.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self._refusal(scope) or self.app
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        own = Headers(scope=scope)
        host = own.get("host", "")
        if not is_known_host(host, self.hosts):
            return JSONResponse({"error": "this server is not known by that name"}, 421)
        if scope["method"] not in _METHODS:
            return JSONResponse({"error": "there is no such method"}, 405)
        asks = scope["path"].startswith("/api/")
        if asks and is_foreign(host, own.get("origin", ""), own.get("sec-fetch-site", "")):
            return JSONResponse({"error": "a page of another site cannot ask this server"}, 403)
        return None


async def _close(send: Send) -> None:
    await send({"type": "websocket.close"})
