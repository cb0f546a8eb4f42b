"""The package as a house: its modules, what each of them imports, and the rooms they stand in.

tests/test_architecture.py judges it, and docs/architecture.md has its table and its drawing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

NAME = "xlbackprop"
PACKAGE = Path(__file__).parents[2] / NAME

# Each room may import from those before it, and from itself.
ROOMS = [
    "errors", "progress", "saving", "equation", "tolerance", "spec", "formula", "notation",
    "contract", "layers", "losses", "optimizers", "network", "layout", "workbook", "find", "models",
    "judge", "derivation", "explainer", "report", "classroom", "__init__", "web", "cli", "__main__",
]  # fmt: skip


@dataclass(frozen=True)
class Module:
    """A file of the package."""

    name: str  # "xlbackprop.layers.conv2d"; a package has the name of its folder
    path: Path
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """The module's syntax tree."""
        return ast.parse(self.source)

    @property
    def room(self) -> str:
        """The room it stands in: `layers`."""
        return room_of(self.name)

    @property
    def docstring(self) -> str:
        """The first paragraph of what it says of itself."""
        return " ".join((ast.get_docstring(self.tree) or "").split("\n\n")[0].split())

    def imported(self) -> Iterator[tuple[str, str]]:
        """Yield what is imported, wherever in the module: a module, and a name in it or ""."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                if node.level:
                    module = f"{self._package(node.level)}.{module}".rstrip(".")
                yield from ((module, alias.name) for alias in node.names)

    def _package(self, level: int) -> str:
        parts = self.name.split(".")
        up = level - (self.path.name == "__init__.py")
        return ".".join(parts[: len(parts) - up])


@dataclass(frozen=True)
class House:
    """The modules of a folder, by name."""

    folder: Path = PACKAGE

    @cached_property
    def modules(self) -> dict[str, Module]:
        """All modules, in the order of their names."""
        found = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = (NAME, *path.relative_to(self.folder).with_suffix("").parts)
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path, path.read_text(encoding="utf-8"))
        return found

    @cached_property
    def imports(self) -> Mapping[str, frozenset[str]]:
        """The package's modules that each module imports, those for types only included."""
        return {
            name: frozenset(self._module(*one) for one in module.imported() if is_own(one[0]))
            for name, module in self.modules.items()
        }

    def folders_in(self, room: str) -> list[Module]:
        """Return the packages in a room's folder."""
        found = (one for one in self.modules.values() if one.path.name == "__init__.py")
        return [one for one in found if one.name.startswith(f"{NAME}.{room}.")]

    def _module(self, module: str, name: str) -> str:
        whole = f"{module}.{name}"
        return whole if whole in self.modules else module

    @cached_property
    def rooms(self) -> dict[str, set[str]]:
        """The rooms that each room imports from, but itself."""
        found: dict[str, set[str]] = {}
        for name, imported in self.imports.items():
            found.setdefault(room_of(name), set()).update(map(room_of, imported))
        return {room: others - {room} for room, others in found.items()}

    def imports_of(self, folder: Module) -> list[str]:
        """Return what a package in a room imports: other rooms, and the folders in its own."""
        own = folder.path.parent
        found = {
            self._place(one, own)
            for name, imported in self.imports.items()
            if f"{name}.".startswith(f"{folder.name}.")
            for one in imported
        }
        order = [*ROOMS, *sorted(found - set(ROOMS))]
        return sorted(found - {self.path_of(own)}, key=order.index)

    def path_of(self, folder: Path) -> str:
        """Return a folder as the documentation names it: `find/gradients`."""
        return folder.relative_to(self.folder).as_posix()

    def _place(self, module: str, own: Path) -> str:
        """Return the folder of a module, no further down than an own one; elsewhere, its room."""
        if room_of(module) != own.relative_to(self.folder).parts[0]:
            return room_of(module)
        path = self.modules[module].path.parent.relative_to(self.folder)
        return "/".join(path.parts[: len(own.relative_to(self.folder).parts)])

    def in_folders(self) -> Mapping[str, Mapping[str, set[str]]]:
        """Return, by folder, which of the folders in it each of them imports from."""
        found: dict[str, dict[str, set[str]]] = {}
        for name, imported in self.imports.items():
            for other in imported:
                above, own, its = _parting(self._folders(name), self._folders(other))
                if own and its:
                    found.setdefault("/".join(above), {}).setdefault(own, set()).add(its)
        return found

    def _folders(self, module: str) -> tuple[str, ...]:
        return self.modules[module].path.parent.relative_to(self.folder).parts

    def drawn(self) -> dict[str, list[str]]:
        """Return the rooms that each room needs, less those that it needs through another."""
        return {
            room: sorted(
                (one for one in others if not any(one in self.below(o) for o in others)),
                key=ROOMS.index,
            )
            for room, others in self.rooms.items()
        }

    def below(self, room: str) -> set[str]:
        """Return all rooms that a room needs, through others or not."""
        needed = self.rooms.get(room, set())
        return needed.union(*map(self.below, needed))


def _parting(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[tuple[str, ...], str, str]:
    """Return what two paths have in common, and the first part of each that the other has not."""
    common = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))
    return one[:common], *("".join(path[common : common + 1]) for path in (one, other))


def room_of(module: str) -> str:
    """Return the room of a module by its name; the package itself is a room, too."""
    return module.split(".")[1] if "." in module else "__init__"


def is_own(module: str) -> bool:
    """Return whether a module is the package's."""
    return module == NAME or module.startswith(f"{NAME}.")
