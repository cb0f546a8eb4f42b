"""The options of a layer, under the name by which layers of other packages import them."""

from xlbackprop.contract.options import choice, count, flag, number, pair, sizes

__all__ = ["choice", "count", "flag", "number", "pair", "sizes"]
