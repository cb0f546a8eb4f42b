"""What is raised where formulas could not be evaluated anew."""


class EngineStopped(Exception):  # noqa: N818  (not an error of the user's: a fact to report)
    """The engine came to no result; the message says why."""
