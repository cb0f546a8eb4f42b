"""The specs that come with the program, found by name."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.errors import SpecError, one_line, suggestion
from xlbackprop.spec import MAX_SPEC_BYTES, Spec, parse_spec
from xlbackprop.spec.regular import read_regular

_HERE = Path(__file__).parent

# Installed, the templates lie inside the package; in a checkout, beside it.
_FOLDER = next(p for p in (_HERE / "templates", _HERE.parents[1] / "templates") if p.is_dir())


def template_folder() -> Path:
    """Return the folder of the templates."""
    return _FOLDER


def template_names() -> list[str]:
    """Return the names of the templates, in alphabetical order."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def is_spec(source: Spec | str | Path) -> bool:
    """Return whether a source is a spec, a template's name or a spec's path, and no workbook."""
    if isinstance(source, Spec):
        return True
    return str(source) in template_names() or Path(str(source)).suffix in ("", ".toml")


def load_spec(source: str | Path) -> Spec:
    """Return the Spec of a template (by name) or of a TOML file (by path).

    Raises SpecError where there is no such template or file, or it is no valid spec.
    """
    path = _FOLDER / f"{source}.toml" if str(source) in template_names() else Path(source)
    try:
        text = read_regular(path, MAX_SPEC_BYTES).decode("utf-8")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise SpecError(
            f"there is no template or file {one_line(source, 80)!r}"
            f"{suggestion(str(source), template_names())}"
        ) from None
    except (OSError, ValueError) as error:  # no text in UTF-8; no path, such as one with a 0 byte
        raise SpecError(f"{one_line(path, 200)} cannot be read: {one_line(error)}") from None
    try:
        return parse_spec(text, path.parent)
    except SpecError as error:
        raise SpecError(f"{path.name}: {error}") from None
