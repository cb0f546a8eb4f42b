"""What a shell offers for a word that is being typed: specs, and tensors to leave empty."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

import xlbackprop


class SpecType(StringParamType):
    """A template's name or a file's path; completed to either."""

    name = "spec"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the templates that begin like what was typed, and let the shell add files."""
        names = xlbackprop.template_names()
        templates = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        # A shell that is told of files forgets what it was offered before.
        return [CompletionItem(incomplete, type="file"), *templates]


class TensorNamesType(StringParamType):
    """Names of tensors with commas between them; the last one is completed."""

    name = "tensor,..."

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the computed tensors of the command's spec, by their last part and in full.

        Full names are offered to who has begun to type one: there are many.
        """
        # An option without its value ends the parsing: arguments before it are left over.
        spec = ctx.params.get("spec") or next(iter(ctx.args), "")
        before, comma, last = incomplete.rpartition(",")
        taken = set(before.split(","))
        return [
            CompletionItem(f"{before}{comma}{name}", help=about)
            for name, about in _names(spec, in_full=bool(last))
            if name.startswith(last) and name not in taken
        ]


def _names(spec: str, *, in_full: bool) -> Iterator[tuple[str, str]]:
    """Yield the names that can be left empty, and what each is; none where the spec has none."""
    try:
        network = xlbackprop.build_network(xlbackprop.load_spec(spec))
    except xlbackprop.XlbackpropError:
        return
    computed = [equation.target for equation in network.equations]
    yield "all", "every computed tensor"
    yield from {tensor.short: tensor.about for tensor in reversed(computed)}.items()
    if in_full:
        yield from ((tensor.name, tensor.about) for tensor in computed)


SPEC = SpecType()
TENSOR_NAMES = TensorNamesType()
