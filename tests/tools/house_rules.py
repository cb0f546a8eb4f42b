"""What may not be in the house: each rule as a list of complaints, empty where all is well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from tests.tools.house import ROOMS, House, Module, is_own, room_of


def entries(house: House) -> list[str]:
    """Return the names of what stands in the package's folder, but what Python makes there."""
    return sorted(path.name for path in house.folder.iterdir() if path.name != "__pycache__")


def upward(house: House) -> list[str]:
    """Return the imports that run upward in the table of rooms."""
    return [
        f"{name} imports {other}"
        for name, imported in house.imports.items()
        for other in sorted(imported)
        if ROOMS.index(room_of(other)) > ROOMS.index(room_of(name))
    ]


def circle(house: House) -> list[str]:
    """Return the modules of an import circle in their order; none where there is no circle."""
    graph = {name: imported - {name} for name, imported in house.imports.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def circle_of_folders(house: House) -> list[str]:
    """Return folders beside each other that import each other in a circle, in their order."""
    for above, graph in house.in_folders().items():
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            return [f"{above}/{folder}".lstrip("/") for folder in error.args[1]]
    return []


def private_imports(house: House) -> list[str]:
    """Return what is private to a module and taken from another one."""
    return [
        f"{name} takes {taken}"
        for name, module in house.modules.items()
        for taken in _private(house, module)
    ]


def _private(house: House, module: Module) -> Iterator[str]:
    for other, name in module.imported():
        if is_own(other) and any(map(_is_private, [*other.split("."), name])):
            yield f"{other}.{name}".rstrip(".")
    bound = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and is_own(node.module or "")
        for alias in node.names
        if f"{node.module}.{alias.name}" in house.modules
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            taken_from = bound.get(ast.unparse(node.value))
            if taken_from:
                yield f"{taken_from}.{node.attr}"


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def long_files(house: House, most: int) -> list[str]:
    """Return the files with more lines than that."""
    counted = ((module.path, len(module.source.splitlines())) for module in house.modules.values())
    return [f"{path.relative_to(house.folder)} has {n} lines" for path, n in counted if n > most]


def long_functions(house: House, most: int) -> list[str]:
    """Return the functions with more lines than that, decorators left out."""
    return [
        f"{name}.{node.name} has {length} lines"
        for name, module in house.modules.items()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > most
    ]


def unsaid_errors(house: House) -> list[str]:
    """Return where a public function raises an error of ours that no docstring of it mentions.

    That of its class counts, too, and so does an error of which the raised one is a kind.
    """
    kinds = _kinds_of_errors(house)
    return [
        f"{name}.{function.name} raises {error}"
        for name, module in house.modules.items()
        for function, said in _public_functions(module)
        for error in sorted(_raised(function) & kinds.keys())
        if not any(one in said for one in (error, *kinds[error]))
    ]


def _kinds_of_errors(house: House) -> dict[str, list[str]]:
    """Return the classes of the room `errors`, and what each of them is a kind of."""
    bases = {
        node.name: [base.id for base in node.bases if isinstance(base, ast.Name)]
        for module in house.modules.values()
        if module.room == "errors"
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
    }

    def above(name: str) -> list[str]:
        return [one for base in bases.get(name, ()) for one in (base, *above(base))]

    return {name: above(name) for name in bases}


def _public_functions(module: Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Yield the public functions of a module and of its public classes, with what is said there."""
    for node in module.tree.body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        said = ast.get_docstring(node) or "" if isinstance(node, ast.ClassDef) else ""
        for one in members if not _is_private(getattr(node, "name", "")) else ():
            if isinstance(one, ast.FunctionDef) and not _is_private(one.name):
                yield one, f"{said} {ast.get_docstring(one) or ''}"


def _raised(function: ast.FunctionDef) -> set[str]:
    """Return the names of what a function raises itself."""
    raised = (node.exc for node in ast.walk(function) if isinstance(node, ast.Raise))
    made = (exc.func if isinstance(exc, ast.Call) else exc for exc in raised)
    return {one.id for one in made if isinstance(one, ast.Name)}


def changed_attributes(house: House, rooms: tuple[str, ...]) -> list[str]:
    """Return where objects of these rooms set attributes after they are made."""
    found = {
        f"{name}.{function.name} sets self.{node.attr}"
        for name, module in house.modules.items()
        if module.room in rooms
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef) and function.name != "__init__"
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    return sorted(found)
