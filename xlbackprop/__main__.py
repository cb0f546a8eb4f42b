"""The program: runs a command, and says in one line what the user has to put right."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click
from click.exceptions import NoArgsIsHelpError

from xlbackprop.cli import cli
from xlbackprop.errors import ModelError, OutputError, XlbackpropError, one_line

EXIT_UNUSABLE = 2
# What a shell says of a program whose reader has gone: 128 and the number of SIGPIPE.
EXIT_READER_GONE = 141
# Letters: what helps on stands at the end of a message.
_LONGEST_COMPLAINT = 800
_MOST_COMPLAINTS = 50  # of operations that cannot be expressed
_COMPLETING = "_XLBACKPROP_COMPLETE"

# NumPy's threads take longer to start than the products of a page to compute.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    0: all right. 1: something is not. 2: could not be used; one line on stderr says why.
    141: nobody reads the output to its end (`| head -1`), so that no verdict can be told.
    """
    try:
        return _run(arguments)
    except click.ClickException as error:
        _complain(error.format_message())
    except ModelError as error:
        _complain_of_each(error.lines)
    except XlbackpropError as error:
        _complain(str(error))
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted")
    except MemoryError:
        _complain("there is not enough memory for this")
    return EXIT_UNUSABLE


def _run(arguments: Sequence[str] | None) -> int:
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no × gets a ?
    try:
        status = _command(arguments)
        sys.stdout.flush()
    except OSError as error:
        # Nothing more can be said on this stream, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader has seen enough
            return EXIT_READER_GONE
        raise OutputError(f"the output cannot be written: {error.strerror}") from None
    return status


def _replace_closed_streams() -> None:
    """Lead streams that are closed (`>&-`) nowhere: no file of ours must get their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            lowest_free = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(lowest_free, mode))


def _command(arguments: Sequence[str] | None) -> int:
    try:
        status = cli.main(arguments, prog_name="xlbackprop", standalone_mode=False)
    except NoArgsIsHelpError as error:
        print(error.format_message())
        return EXIT_UNUSABLE
    except SystemExit:
        if _COMPLETING in os.environ:
            raise
        # click and rich end the program so, with a verdict's status, where the reader has gone.
        raise BrokenPipeError from None
    return status if isinstance(status, int) else 0


def _complain_of_each(lines: Sequence[str]) -> None:
    for line in lines[:_MOST_COMPLAINTS]:
        _complain(line)
    if len(lines) > _MOST_COMPLAINTS:
        _complain(f"and {len(lines) - _MOST_COMPLAINTS} more of the kind")


def _complain(message: str) -> None:
    print(f"xlbackprop: {one_line(message, _LONGEST_COMPLAINT)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
