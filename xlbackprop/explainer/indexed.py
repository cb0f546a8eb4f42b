"""An equation with the numbers of one entry put in for the letters of its index.

dL/dh[c,u,v] = Σ(k,a,b) G[k,u+a,v+b] · R[k,c,a,b]
dL/dh[0,2,3] = Σ(k,a,b) G[k,2+a,3+b] · R[k,0,a,b]
"""

from __future__ import annotations

import re

from xlbackprop.equation import Index

_LEFT = re.compile(r"[\w/.]+\[([a-z](?:,[a-z])*)\] = ")
# One place of an index, between brackets or commas; and a letter that stands by itself.
_PLACE = re.compile(r"(?<=[\[,])[^\[\],()\s]+(?=[\],])")
_ALONE = re.compile(r"(?<![\w.\[/])(\d*)([a-z])(?![\w\[’])")
_STEP = re.compile(r"([+-]?)(\d*)((?:[a-z]₀?)?)")


def put_in(line: str, index: Index) -> str:
    """Return the line with the numbers of `index` for the letters on its left side.

    Returns nothing where the left side is no tensor with a letter for each number.
    """
    left = _LEFT.match(line)
    letters = left[1].split(",") if left else []
    if not letters or len(letters) != len(index):
        return ""
    numbers = dict(zip(letters, index, strict=True))

    def alone(match: re.Match[str]) -> str:
        times, letter = match.groups()
        return str(int(times or 1) * numbers[letter]) if letter in numbers else match[0]

    in_brackets = _PLACE.sub(lambda match: _place(match[0], numbers), line)
    return _ALONE.sub(alone, in_brackets)


def _place(part: str, numbers: dict[str, int]) -> str:
    """Return one place of an index, its known letters added up: `2u+1+a` is `5+a` for u = 2."""
    steps = [step for step in _STEP.findall(part) if step[1] or step[2]]
    if "".join(map("".join, steps)) != part:
        return part
    known, rest = 0, []
    for sign, times, letter in steps:
        if letter and letter not in numbers:
            rest.append(f"{sign or '+'}{times}{letter}")
            continue
        amount = int(times or 1) * (numbers[letter] if letter else 1)
        known += -amount if sign == "-" else amount
    total = str(known) if known or not rest else ""
    return (total + "".join(rest)).removeprefix("+")
