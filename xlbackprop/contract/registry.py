"""What registers itself under a name: layers, losses, optimizers, a file each.

A file is imported when its name is asked for, all of them when what is there is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

T = TypeVar("T")


class Registry(MutableMapping[str, T]):
    """Entries by name, found in the modules of a package and in other installed packages.

    A module of the package is called like what it registers, or is looked into when nothing of
    that name was found elsewhere.
    """

    def __init__(self, about: str) -> None:
        self._about = about  # "a layer of type", for the message
        self._entries: dict[str, T] = {}
        self._package = self._group = ""
        self._modules: frozenset[str] = frozenset()
        self._is_complete = True

    def search(self, package: str, path: Iterable[str], *, group: str = "") -> None:
        """Look for entries in a package's modules, and in those of an entry point group."""
        self._package, self._group = package, group
        self._modules = frozenset(module.name for module in iter_modules(path))
        self._is_complete = False

    def add(self, name: str, entry: T, *, module: str) -> None:
        """Register what a module defines. Raises ValueError where the name is taken."""
        own = f"{self._package}.{name}"
        if name in self._entries or (name in self._modules and module != own):
            raise ValueError(f"{self._about} {name!r} is registered already")
        self._entries[name] = entry

    def __getitem__(self, name: str) -> T:
        if name not in self._entries and name in self._modules:
            import_module(f"{self._package}.{name}")
        if name not in self._entries:
            self._complete()
        return self._entries[name]

    def __setitem__(self, name: str, entry: T) -> None:
        self._entries[name] = entry

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __iter__(self) -> Iterator[str]:
        self._complete()
        return iter(self._entries)

    def __len__(self) -> int:
        self._complete()
        return len(self._entries)

    def _complete(self) -> None:
        if self._is_complete:
            return
        for module in sorted(self._modules):
            import_module(f"{self._package}.{module}")
        if self._group:
            from importlib.metadata import entry_points  # noqa: PLC0415  (takes 20 ms)

            for entry in entry_points(group=self._group):
                entry.load()
        self._is_complete = True
