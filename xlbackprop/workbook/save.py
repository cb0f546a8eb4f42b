"""How files are put: as `spec.saving` has it, for all that write."""

from xlbackprop.spec.saving import check_output, check_outputs, save

__all__ = ["check_output", "check_outputs", "save"]
