"""Verdicts to named mistakes: which well-known slip a tensor's wrong cells were filled with."""

from xlbackprop.judge.diagnose.find import diagnose
from xlbackprop.judge.diagnose.general import TRANSPOSED, general_slips
from xlbackprop.judge.diagnosis import UNKNOWN, Diagnosis

__all__ = ["TRANSPOSED", "UNKNOWN", "Diagnosis", "diagnose", "general_slips"]
