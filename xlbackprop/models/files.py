"""import_model: a file that another program saved, to a Spec."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from xlbackprop.errors import SpecError, suggestion
from xlbackprop.models.graph.imported import Imported, Wanted

_READERS = {
    ".onnx": "onnx_files.convert:from_onnx",
    ".keras": "keras_files.convert:from_keras",
    ".pt2": "pytorch.saved:from_saved",
}


def import_model(
    path: str | Path,
    *,
    sizes: Sequence[int] | None = None,
    batch: int | None = None,
    loss: str = "",
    until: str = "",
    name: str = "",
) -> Imported:
    """Return the Spec of a model in a file, and what is to be said of it.

    The file is an .onnx, .keras or .pt2; no code in it is run. `sizes` are those of the input,
    where the file leaves them open, with or without the batch in front; `batch` is how many
    samples the workbook has, by default as many as the file says, or one without an axis of its
    own. The samples are drawn. `loss` is one of a spec's, by default dL/dout is given; `until` is
    the module after which to end, and `name` the spec's.

    Raises SpecError with a line for each operation that cannot be expressed, or one where the file
    cannot be read.
    """
    path = Path(path)
    if path.suffix not in _READERS:
        near = suggestion(path.suffix, _READERS)
        raise SpecError(f"{path}: expected a file that ends in {' or '.join(_READERS)}{near}")
    wanted = Wanted(tuple(sizes) if sizes is not None else None, batch, loss, until, name)
    module, _, function = _READERS[path.suffix].partition(":")
    read: Callable[[Path, Wanted], Imported] = getattr(
        import_module(f"{__package__}.{module}"), function
    )
    return read(path, wanted)
