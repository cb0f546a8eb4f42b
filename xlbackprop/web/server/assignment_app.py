"""The page of an assignment: each student is let in by a ticket, and sees the own work alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from xlbackprop.web.server.app import framed, make_guarded
from xlbackprop.web.server.bodies import Bodies
from xlbackprop.web.server.crew import Crew
from xlbackprop.web.server.feedback import Feedback
from xlbackprop.web.server.tries import Tries
from xlbackprop.web.tasks import Answer
from xlbackprop.web.tasks import Request as Task

_SCHEME = "bearer "


def make_assignment_app(
    feedback: Feedback, tries: Tries, crew: Crew, bodies: Bodies, hosts: Collection[str]
) -> ASGIApp:
    """Return the application of an assignment: nothing else is judged or built."""
    answers = AssignmentAnswers(feedback, feedback.by_ticket(), tries, crew, bodies)
    routes = [
        Route("/api/templates", answers.kind),
        Route("/api/assignment", answers.about),
        Route("/api/handout", answers.handout),
        Route("/api/hand-in", answers.judge, methods=["PUT"]),
    ]
    return make_guarded(routes, crew, hosts)


@dataclass(frozen=True)
class AssignmentAnswers:
    """What students are answered."""

    feedback: Feedback
    tickets: dict[str, str]
    tries: Tries
    crew: Crew
    bodies: Bodies

    async def kind(self, request: Request) -> Response:  # noqa: ARG002
        """Tell the page that this is an assignment."""
        return JSONResponse({"templates": [], "assignment": self.feedback.assignment.name})

    async def about(self, request: Request) -> Response:
        """Return what a student is to do, and how many tries are left."""
        student = self._student(request)
        own = self.feedback.about(student)
        return JSONResponse({**own, **self._tries_of(student)})

    async def handout(self, request: Request) -> Response:
        """Return the student's own workbook."""
        student = self._student(request)
        try:
            content = self.feedback.workbook(student)
        except OSError:
            raise HTTPException(404, "your workbook is not there: ask your teacher") from None
        header = {"file": f"{self.feedback.assignment.name}.xlsx"}
        return framed(Answer(header, file=content))

    async def judge(self, request: Request) -> Response:
        """Return the feedback on a student's workbook."""
        student = self._student(request)
        self._refuse_too_many(student)
        suffix = Task({"file": request.query_params.get("file", "")[:300]}).suffix
        body = await self.bodies.read(request)
        self._refuse_too_many(student)
        at = self.tries.take(student)
        is_used = False
        try:
            marked = await self.crew.ask({"suffix": suffix}, bytes(body))
            answer = self.feedback.told(student, marked)
            is_used = not answer.is_refusal
        finally:
            self.bodies.done(body)
            if not is_used:
                self.tries.give_back(student, at)
        return framed(
            Answer({**answer.header, **self._tries_of(student)}, answer.page, answer.file)
        )

    def _tries_of(self, student: str) -> dict[str, int]:
        return {"tries": self.tries.most, "tries_left": self.tries.left(student)}

    def _refuse_too_many(self, student: str) -> None:
        minutes = self.tries.minutes_until_next(student)
        if minutes:
            text = f"you have had your {self.tries.most} tries of this hour: again in {minutes} min"
            raise HTTPException(429, text, {"Retry-After": str(60 * minutes)})

    def _student(self, request: Request) -> str:
        """Return who asks. Raises HTTPException 401 where no ticket says so."""
        said = request.headers.get("authorization", "")
        ticket = said[len(_SCHEME) :] if said.lower().startswith(_SCHEME) else ""
        student = self.tickets.get(ticket)
        if student is None:
            raise HTTPException(401, "open the link that you were given: it lets you in")
        return student
