"""What `locate` proposes: where each tensor stands, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from xlbackprop.find.mapping import map_of, ranges_of
from xlbackprop.find.mapping.map import StepDistance
from xlbackprop.formula.places import Places
from xlbackprop.network import Network

SURE, LIKELY = "sure", "likely"


@dataclass(frozen=True)
class LocatedTensor:
    """A tensor and its place; `certainty` is "sure" or "likely"."""

    name: str
    certainty: str
    reason: str
    places: Places
    share: float = 1.0  # of a computed tensor's numbers, that are what the equation gives
    unsettled: str = ""  # why it is proposed, but not to be judged there unless a map says so

    @property
    def fits(self) -> bool:
        """Whether at least half of its numbers are what the equation gives."""
        return self.share >= 0.5


@dataclass(frozen=True)
class LeftOut:
    """A tensor that was not found, and why."""

    name: str
    reason: str
    is_needed: bool  # a given or parameter whose numbers the spec does not fix
    seems_there: bool = False  # computed, and on the page by a label, but in no place that is known


@dataclass(frozen=True)
class ProposedTraining:
    """The training steps that a page has, where its spec has none."""

    steps: int
    lr: float
    has_own_data: bool  # each step has inputs and targets of its own

    def to_toml(self) -> str:
        """Return the table [training] that says so."""
        data = 'data = "each step"\n' if self.has_own_data else ""
        return f'[training]\noptimizer = "sgd"\nlr = {self.lr!r}\nsteps = {self.steps}\n{data}'


@dataclass(frozen=True)
class Proposal:
    """Where a network's tensors stand in a workbook, as far as that can be told.

    Where a table has a line for each step, the tensors are those of the first step, `later` has
    the places of all others, and `step` is how far a line is from the one before. `training` is
    what the spec lacks for all steps of the page to be judged.
    """

    workbook: str
    spec: str
    network: Network
    tensors: tuple[LocatedTensor, ...]
    left_out: tuple[LeftOut, ...]
    step: StepDistance | None = None
    later: Mapping[str, Places] = field(default_factory=dict)
    training: ProposedTraining | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all givens and parameters were found, and something that is computed."""
        computed = any(self.network.tensors[one.name].kind.is_computed for one in self.tensors)
        return computed and not any(one.is_needed for one in self.left_out)

    @property
    def fitting(self) -> float:
        """The share of the computed numbers that are what the equations give; 0 of none."""
        sizes = {one.name: self.network.tensors[one.name].size for one in self.tensors
                 if self.network.tensors[one.name].kind.is_computed}  # fmt: skip
        fitting = sum(one.share * sizes.get(one.name, 0) for one in self.tensors)
        return fitting / max(1, sum(sizes.values()))

    @property
    def places(self) -> dict[str, Places]:
        """The places by the tensors' names, in all steps."""
        return {one.name: one.places for one in self.tensors} | dict(self.later)

    @property
    def absent(self) -> dict[str, str]:
        """Why tensors have no place, in all steps."""
        reasons = {one.name: one.reason for one in self.left_out}
        placed = self.places
        first = {
            tensor.name: replace(tensor, step=1).name for tensor in self.network.tensors.values()
        }
        return {
            name: reasons.get(name) or reasons.get(first[name], "its step is not on the page")
            for name in first
            if name not in placed
        }

    def to_toml(self) -> str:
        """Return the proposal as a map file, with how sure each place is as a comment."""
        whole = replace(map_of(self.network, self.places, self.spec), step=self.step)
        head, _, _ = whole.to_toml().partition("[tensors]")
        lines = [head.rstrip("\n"), "", "[tensors]"] if head.strip() else ["[tensors]"]
        for one in self.tensors:
            if self.step and one.name.startswith("step"):
                continue  # the distance says where
            placement = whole.tensors[one.name].to_toml()
            lines += [f"# {one.certainty}: {one.reason}", f'"{one.name}" = {placement}']
        if self.step is None:
            lines += [f'"{name}" = {whole.tensors[name].to_toml()}' for name in self.later]
        for absent in self.left_out:
            lines.append(f"# not found: {absent.name}: {absent.reason}")
        if self.training:
            lines.append("# the page has training steps; for all of them, add to the spec:")
            lines += [f"#     {line}" for line in self.training.to_toml().splitlines()]
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return the proposal as plain lists and dictionaries."""
        return {
            "workbook": self.workbook,
            "spec": self.spec,
            "spec_text": self.network.spec.to_toml(),
            "complete": self.is_complete,
            "step": asdict(self.step) if self.step else None,
            "training": asdict(self.training) if self.training else None,
            "tensors": [self._as_dict(one) for one in self.tensors],
            "left_out": [
                {"name": one.name, "reason": one.reason, "needed": one.is_needed}
                for one in self.left_out
            ],
        }

    def ranges(self, one: LocatedTensor) -> list[tuple[str, str]]:
        """Return the sheet and range of each of a tensor's blocks."""
        found = ranges_of(self.network.tensors[one.name], one.places)
        return [(sheet, cells) for _, sheet, cells in found]

    def _as_dict(self, one: LocatedTensor) -> Mapping[str, Any]:
        blocks = ranges_of(self.network.tensors[one.name], one.places)
        return {
            "name": one.name,
            "certainty": one.certainty,
            "reason": one.reason,
            "blocks": [
                {"index": list(index), "sheet": sheet, "range": cells}
                for index, sheet, cells in blocks
            ],
        }
