"""Options that a help page shows in sections, each below a title of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click

_WIDEST_NAMES = 28  # to the left of their help; longer ones stand above it

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class SectionedOption(click.Option):
    """An option that belongs into a section."""

    def __init__(self, *arguments: Any, section: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.section = section

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return what is added to the help: the default, but no range, which a mistake names."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra


def section(title: str) -> Callable[..., Decorator]:
    """Return what declares options, as click.option does, in the section of that title."""
    return partial(click.option, cls=SectionedOption, section=title)


class SectionedCommand(click.Command):
    """A command whose options stand in their sections, those without one last."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section, in columns that run through."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                title = getattr(parameter, "section", "Other options")
                sections.setdefault(title, []).append(record)
        lengths = [len(names) for records in sections.values() for names, _ in records]
        width = min(_WIDEST_NAMES, max(lengths))
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl([(names.ljust(width), text) for names, text in records])
