"""The files that a checked workbook can be made into, one form a file of this folder.

Importing this package registers every form in it. The command line makes its options from
`OUTPUTS`, so that a new form is one file more:

    @output("html", name="page", ending=".html", help="Write a page for the browser, too.")
    def page(outcome: Outcome, target: Path) -> bytes:
        ...
"""

from importlib import import_module
from pkgutil import iter_modules

from xlbackprop.report.outputs.output import (
    OUTPUTS,
    Outcome,
    Output,
    output,
    write_outputs,
)

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["OUTPUTS", "Outcome", "Output", "output", "write_outputs"]
