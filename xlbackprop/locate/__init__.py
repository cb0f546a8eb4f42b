"""Finding a network's tensors in a workbook that somebody else laid out."""

from xlbackprop.locate.guess import guess
from xlbackprop.locate.proposal import LeftOut, LocatedTensor, Proposal
from xlbackprop.locate.propose import locate
from xlbackprop.locate.subject import locate_subject

__all__ = ["LeftOut", "LocatedTensor", "Proposal", "guess", "locate", "locate_subject"]
