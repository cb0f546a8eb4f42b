"""The options of commands that check workbooks, each handed to the command as one argument.

`checks` makes a CheckOptions of what is said about judging and recalculating: an option is called
like the field that it fills. `hints` is the level of hints, and `OutputCommand` has an option for
each form of output.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from xlbackprop.cli import options
from xlbackprop.cli.completion import SPEC
from xlbackprop.cli.sections import Decorator, SectionedCommand, SectionedOption, section
from xlbackprop.judge.options import MOST_DRAWS, CheckKeywords, CheckOptions
from xlbackprop.report.hints import Hints
from xlbackprop.report.outputs import OUTPUTS
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS, EngineName, Limits

HOW_MUCH = "How much is told"
OUTPUT_FILES = "Output files"

_judging = section("What is judged")
_recalculation = section("How formulas are recalculated")

_DECLARED: tuple[Decorator, ...] = (
    _judging("--spec", type=SPEC, help=options.SPEC_HELP),
    _judging("--map", type=options.FILE, help=options.MAP_HELP),
    _judging(
        "--prove",
        type=click.IntRange(min=1, max=MOST_DRAWS),
        is_flag=False,
        flag_value=20,
        metavar="[N]",
        help="Try the formulas on N draws of the givens and parameters, too (20).",
    ),
    _judging("--sheet", metavar="NAME", help=options.SHEET_HELP),
    _judging(
        "--loss",
        metavar="CELL",
        help="Where L stands in a workbook of your own: W3, or Sheet1!W3.",
    ),
    _judging("--same-givens", is_flag=True, help="Givens other than those handed out: status 1."),
    _judging(
        "--rounded-givens",
        is_flag=True,
        help="Typed givens are rounded: what numbers that round to them can give is right.",
    ),
    _judging("--formulas", is_flag=True, help="A number typed instead of a formula is not right."),
    _recalculation(
        "--engine",
        type=click.Choice([name.value for name in EngineName]),
        default=EngineName.IRONCALC.value,
        metavar="NAME",
        show_default=True,
        help="What evaluates the formulas anew: ironcalc (what we do not know ourselves),"
        " libreoffice, or none (what was saved).",
    ),
    _recalculation(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True, max=86_400),
        default=DEFAULT_LIMITS.seconds,
        show_default=True,
        metavar="SECONDS",
        help="For evaluating formulas, in all.",
    ),
    _recalculation(
        "--memory",
        type=click.IntRange(min=100, max=1_000_000),
        default=DEFAULT_LIMITS.megabytes,
        show_default=True,
        metavar="MB",
        help="For each process of the engine.",
    ),
)


def checks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a check, and hand them to it as `check_options`."""

    @wraps(command)
    def with_options(*, prove: int | None, timeout: float, memory: int, **others: Any) -> Any:
        said = {name: others.pop(name) for name in CheckKeywords.__annotations__ if name in others}
        limits = Limits(timeout, memory)
        checked = CheckOptions(limits=limits, prove=prove or 0, **said)
        return command(check_options=checked, **others)

    decorated: Callable[..., Any] = with_options
    for declare in reversed(_DECLARED):
        decorated = declare(decorated)
    return decorated


hints = section(HOW_MUCH)(
    "--hints",
    type=click.Choice([level.word for level in Hints]),
    default=Hints.RULE.word,
    metavar="LEVEL",
    show_default=True,
    callback=lambda _context, _option, word: Hints[word.upper()],
    help="where (which cells), kind (which mistake), rule (what to do), answer (the numbers).",
)


class OutputCommand(SectionedCommand):
    """A command with an option for each form of output that there is."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters, those for the files at the head of their section."""
        own = super().get_params(ctx)
        sections = [getattr(parameter, "section", "") for parameter in own]
        first = sections.index(OUTPUT_FILES)
        files = [
            SectionedOption(
                [f"--{form.option}", form.option],
                type=options.FILE,
                section=OUTPUT_FILES,
                help=form.help,
            )
            for form in OUTPUTS.values()
        ]
        return [*own[:first], *files, *own[first:]]
