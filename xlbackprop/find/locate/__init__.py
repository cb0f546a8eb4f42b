"""Finding a network's tensors in a workbook that somebody else laid out."""

from xlbackprop.find.locate.guessing.guess import guess
from xlbackprop.find.locate.own_formulas import OwnProposal, locate_gradients
from xlbackprop.find.locate.proposal import LeftOut, LocatedTensor, Proposal
from xlbackprop.find.locate.propose import locate
from xlbackprop.find.locate.subject import locate_subject

__all__ = [
    "LeftOut",
    "LocatedTensor",
    "OwnProposal",
    "Proposal",
    "guess",
    "locate",
    "locate_gradients",
    "locate_subject",
]
