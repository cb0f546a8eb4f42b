"""An engine that has been given all of a workbook's cells."""

from contextlib import contextmanager

from xlbackprop.workbook.engine.engine import start_engine
from xlbackprop.workbook.engine.giving import give
from xlbackprop.workbook.engine.transfer import Transfer, everything
from xlbackprop.workbook.read.workbook import open_workbook


@contextmanager
def engine_with(path, limits):
    with open_workbook(path) as workbook, start_engine(limits) as engine:
        give(engine, Transfer(workbook, (), everything(workbook, workbook.sheets)))
        yield engine
