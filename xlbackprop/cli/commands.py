"""The commands as a group: each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from importlib import import_module
from keyword import iskeyword

import click


class Modules(MutableMapping[str, click.Command]):
    """Commands by name, each in the module that is called like it; import is in import_."""

    def __init__(self, package: str, names: Iterable[str]) -> None:
        self._package = package
        self._commands: dict[str, click.Command | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> click.Command:
        command = self._commands[name]
        if command is None:
            own = f"{name}_" if iskeyword(name) else name
            command = getattr(import_module(f"{self._package}.{own}"), own)
            self._commands[name] = command
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)


class Group(click.Group):
    """A group that lists its commands in their own order, and cuts none of their summaries off."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands as they were given, not by the alphabet."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write each command with the first sentence of its help."""
        rows = [(name, self.commands[name].get_short_help_str(_WHOLE)) for name in self.commands]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


_WHOLE = 1_000  # letters, which no summary has
