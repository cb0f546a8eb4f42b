"""A program of its own that carries out tasks for strangers; what goes wrong in it stays in it."""

from __future__ import annotations

from xlbackprop.classroom.processes.confined import end_after, limit_memory, own_streams
from xlbackprop.classroom.processes.frames import receive, send
from xlbackprop.web.tasks import Request, carry_out
from xlbackprop.workbook.engine.settings import Limits

# For a task that is at its end, and for a server that is stopped while its worker is at work.
_PATIENCE = 15


def main() -> None:
    """Take tasks from stdin and give answers to stdout, until stdin ends."""
    requests, answers = own_streams()
    first = receive(requests)
    if first is None:
        return
    limits = Limits(**first[0])
    _import_what_most_tasks_need()
    limit_memory(limits.megabytes)
    send(answers, {"ready": True})
    while (frame := receive(requests)) is not None:
        header, spec, content = frame
        end_after(limits.seconds + _PATIENCE)
        request = Request(header["parameters"], spec.decode("utf-8", "replace"), content, limits)
        answer = carry_out(header["task"], request)
        end_after(0)
        send(answers, answer.header, answer.page, answer.file)


def _import_what_most_tasks_need() -> None:
    import xlbackprop.explainer
    import xlbackprop.judge.diagnose
    import xlbackprop.report.annotation
    import xlbackprop.report.html
    import xlbackprop.workbook.builder  # noqa: F401
