"""What is different from the last time, and why."""

import xlbackprop
from tests.classroom.classes import Class, marked_here


def test_reason_is_what_changed_and_nothing_else(tmp_path):
    own = Class(tmp_path, 1)
    own.hand_in_numbers(0)
    with marked_here():
        grade = xlbackprop.grade
        assert grade(own.folder, own.submissions).changes == ()
        (asked,) = grade(own.folder, own.submissions, formulas=True).changes
        assert (asked.before, asked.after) == (100, 0)
        assert asked.why == "options: formulas was False, is True"
        own.hand_in_formulas(0)
        (other,) = grade(own.folder, own.submissions, formulas=True).changes
        assert (other.before, other.after, other.why) == (0, 100, "another file")
