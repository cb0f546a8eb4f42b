"""Which cells are right, which are wrong, and which are wrong only because an earlier cell is."""

from xlbackprop.verify.judgement import Judgement, Status
from xlbackprop.verify.verify import verify
from xlbackprop.verify.versions import counted

__all__ = ["Judgement", "Status", "counted", "verify"]
