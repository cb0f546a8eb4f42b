"""Which cells are right, which are wrong, and which are wrong only because an earlier cell is."""

from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.verify.verify import verify
from xlbackprop.judge.verify.versions import counted

__all__ = ["Judgement", "Status", "counted", "verify"]
