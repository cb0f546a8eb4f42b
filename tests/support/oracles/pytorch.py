"""PyTorch in float64: every tensor that its autograd and its optimizers know of a network.

Written from PyTorch's documentation, for specs as TOML describes them; shares nothing with the
program but the names of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from tests.support.oracles.needs import require
from tests.support.oracles.pytorch_rules import activations, attention, loss, rearrangements, waves
from tests.support.oracles.pytorch_windows import sliding

PARAMETERS = ("w", "b", "gamma", "beta")
OF_ATTENTION = [f"{kind}_{one}" for kind in "wb" for one in "qkvo"]
# What torch.optim calls an optimizer's state.
_VELOCITY, _MOMENTS = {"v": "momentum_buffer"}, {"m": "exp_avg", "v": "exp_avg_sq"}
STATES = {
    "momentum": _VELOCITY, "nesterov": _VELOCITY, "adam": _MOMENTS, "adamw": _MOMENTS,
    "rmsprop": {"v": "square_avg"}, "adagrad": {"v": "sum"},
}  # fmt: skip
OF_RECURRENCE = {
    "w_ih": "weight_ih_l0",
    "w_hh": "weight_hh_l0",
    "b_ih": "bias_ih_l0",
    "b_hh": "bias_hh_l0",
}


def require_pytorch() -> None:
    """Skip (or fail) where there is no PyTorch."""
    require("pytorch", find_spec("torch") is not None, "PyTorch (torch)")


def run(raw: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the tensors of a spec's network, by name, from the arrays of givens and parameters."""
    require_pytorch()
    return _Run(raw, arrays).results


class _Run:
    def __init__(self, raw: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        import torch

        self.torch, self.raw = torch, raw
        self.batched = "batch" in raw
        self.arrays = {n: torch.tensor(a, dtype=torch.float64) for n, a in arrays.items()}
        self.layers = [(name, layer) for name, layer in _named(raw["layers"])]
        frozen = [name for name, layer in self.layers if not layer.get("trainable", True)]
        self.parameters = {
            name: tensor.requires_grad_()
            for name, tensor in self.arrays.items()
            if name.rpartition(".")[2] in (*PARAMETERS, *OF_RECURRENCE, *OF_ATTENTION)
            and not name.startswith("training.")
            and name.rpartition(".")[0] not in frozen
        }
        shares = [(layer["share"], name) for name, layer in self.layers if "share" in layer]
        owners = dict(reversed(shares))
        self.owners = {name: owners[share] for share, name in shares}
        self.used: dict[tuple[str, str], Any] = {}
        self.results: dict[str, np.ndarray] = {}
        training = raw.get("training", {})
        optimizer = self._optimizer(training) if training else None
        schedule = self._schedule(training, optimizer) if training else None
        for step in range(1, training.get("steps", 1) + 1):
            prefix = f"step{step}." if step > 1 else ""
            # Givens of its own take the place of those before.
            own = [name for name in self.arrays if prefix and name.startswith(prefix)]
            self.arrays |= {name.removeprefix(prefix): self.arrays[name] for name in own}
            self._step(prefix)
            if optimizer:
                self._clip(training)
                optimizer.step()
                schedule.step()
                for name, parameter in self.parameters.items():
                    self._note(f"{prefix}{name}_new", parameter)

    def _note(self, name: str, tensor: Any) -> None:
        self.results[name] = tensor.detach().clone().numpy()

    def _step(self, prefix: str) -> None:
        for parameter in self.parameters.values():
            parameter.grad = None
        self.outs: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self.users: dict[str, list[str]] = {one: [] for one in self.raw.get("inputs", ["input"])}
        before = next(iter(self.users))
        for name, layer in self.layers:
            sources = layer.get("from", before)
            hs = self._taken(name, [sources] if isinstance(sources, str) else sources)
            self.outs[name] = self._forward(name, layer, hs)
            self._retain(self.outs[name])
            before = name
        total = self._loss(self.outs[before], before) + self._penalty()
        total.backward()
        self._note(f"{prefix}loss.L", total)
        for name, _ in self.layers:
            self._note(f"{prefix}{name}.out", self.outs[name])
        gradients = {f"{name}.dL_dout": self.outs[name] for name, _ in self.layers}
        self._note_gradients(prefix, gradients | self.inputs)
        self._note_parameters(prefix)

    def _taken(self, name: str, sources: list[str]) -> list[Any]:
        """Return what a layer takes: views of its own, so that gradients can be told apart."""
        hs = []
        for number, source in enumerate(sources):
            short = f"h_{number}" if len(sources) > 1 else "h"
            if source in self.users:
                if not self.users[source]:
                    given = self.arrays[f"{name}.{short}"]
                    self.outs[source] = given.detach().requires_grad_()
                self.users[source].append(name)
            h = self.outs[source].view_as(self.outs[source])
            self._retain(h)
            self.inputs[f"{name}.dL_d{short}"] = h
            hs.append(h)
        return hs

    def _retain(self, tensor: Any) -> None:
        if tensor.requires_grad:
            tensor.retain_grad()

    def _note_gradients(self, prefix: str, tensors: Mapping[str, Any]) -> None:
        for name, tensor in tensors.items():
            if tensor.grad is not None:
                self._note(prefix + name, tensor.grad)

    def _note_parameters(self, prefix: str) -> None:
        for name, parameter in self.parameters.items():
            owner, _, short = name.rpartition(".")
            self._note(f"{prefix}{owner}.{short}", parameter)
            self._note(f"{prefix}{owner}.dL_d{short}", parameter.grad)
        for (name, short), view in self.used.items():
            own = "_0" if self.owners[name] == name else ""
            self._note(f"{prefix}{name}.{short}", view)
            self._note(f"{prefix}{name}.dL_d{short}{own}", view.grad)
        for source, takers in self.users.items():
            if len(takers) > 1 and self.outs[source].grad is not None:
                short = f"dL_dinput_{source}" if "inputs" in self.raw else "dL_dinput"
                self._note(f"{prefix}{takers[0]}.{short}", self.outs[source].grad)

    def _parameter(self, name: str, short: str) -> Any:
        """Return a layer's parameter, of a shared one a view, so that each use has a gradient."""
        parameter = self.parameters.get(f"{self.owners.get(name, name)}.{short}")
        if parameter is None:
            return self.arrays.get(f"{name}.{short}")
        if name not in self.owners:
            return parameter
        self.used[name, short] = view = parameter.view_as(parameter)
        view.retain_grad()
        return view

    def _forward(self, name: str, layer: Mapping[str, Any], hs: list[Any]) -> Any:
        functional, torch, h = self.torch.nn.functional, self.torch, hs[0]
        w, b, gamma, beta = (self._parameter(name, p) for p in PARAMETERS)
        get = layer.get
        axes = tuple(range(1 if self.batched else 0, h.dim()))
        rules: dict[str, Callable[[], Any]] = {
            **activations(torch, layer, h, w, self.batched),
            **rearrangements(torch, layer, hs, self.batched),
            **sliding(torch, layer, h, w, b, batched=self.batched),
            "conv_transpose2d": lambda: functional.conv_transpose2d(
                h, w, b, get("stride", 1), get("padding", 0), get("output_padding", 0)
            ),
            "dense": lambda: functional.linear(h, w, b),
            "embedding": lambda: functional.embedding(h.detach().long(), w),
            "dropout": lambda: h * self.arrays[f"{name}.mask"] / (1 - get("rate")),
            "flatten": lambda: h.flatten(1 if self.batched else 0),
            "batch_norm": lambda: self._batch_norm(name, layer, h),
            "rms_norm": lambda: functional.rms_norm(
                h, h.shape[-get("axes", 1) :], gamma, get("eps", 1e-5)
            ),
            "group_norm": lambda: self._each_sample(
                h, lambda x: functional.group_norm(x, get("groups"), gamma, beta, get("eps", 1e-5))
            ),
            "instance_norm": lambda: self._each_sample(
                h,
                lambda x: functional.instance_norm(
                    x, None, None, gamma, beta, eps=get("eps", 1e-5)
                ),
            ),
            "layer_norm": lambda: functional.layer_norm(
                h, h.shape[-get("axes", 0) or axes[0] :], gamma, beta, get("eps", 1e-5)
            ),
            "rnn": lambda: self._recurrence(name, layer, h),
            "lstm": lambda: self._recurrence(name, layer, h),
            "gru": lambda: self._recurrence(name, layer, h),
            "attention": lambda: attention(
                torch, layer, hs, lambda short: self._parameter(name, short)
            ),
            "position": lambda: h + (waves(torch, h) if get("kind") == "sinusoidal" else w),
            "add": lambda: sum(hs),
            "concat": lambda: torch.cat(hs, 1 if self.batched else 0),
        }
        return rules[layer["type"]]()

    def _recurrence(self, name: str, layer: Mapping[str, Any], h: Any) -> Any:
        torch, kind = self.torch, layer["type"]
        cls = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
        options = {"nonlinearity": layer.get("nonlinearity", "tanh")} if kind == "rnn" else {}
        module = cls(h.shape[-1], layer["units"], batch_first=True, **options).double()
        parameters = {theirs: self._parameter(name, ours) for ours, theirs in OF_RECURRENCE.items()}
        starts = [self.arrays[f"{name}.{one}"][None] for one in ("h0", "c0")
                  if f"{name}.{one}" in self.arrays]  # fmt: skip
        start = tuple(starts) if kind == "lstm" else starts[0] if starts else None
        arguments = (h, start) if starts else (h,)
        out, _ = torch.func.functional_call(module, parameters, arguments)
        return out[..., -1, :] if layer.get("last") else out

    def _batch_norm(self, name: str, layer: Mapping[str, Any], h: Any) -> Any:
        gamma, beta = self._parameter(name, "gamma"), self._parameter(name, "beta")
        is_eval, eps = layer.get("mode") == "eval", layer.get("eps", 1e-5)
        running = [self.arrays.get(f"{name}.running_{one}") for one in ("mean", "var")]
        return self._each_sample(
            h,
            lambda x: self.torch.nn.functional.batch_norm(
                x, *running, gamma, beta, training=not is_eval, eps=eps
            ),
        )

    def _each_sample(self, h: Any, rule: Callable[[Any], Any]) -> Any:
        """Return what a rule for batches makes of a batch, or of a single sample."""
        return rule(h) if self.batched else rule(h[None])[0]

    def _loss(self, out: Any, last: str) -> Any:
        options = self.raw.get("loss", {"type": "given"})
        if options["type"] == "given":
            return (out * self.arrays[f"{last}.dL_dout"]).sum()
        return loss(self.torch, options, out, self.arrays["loss.target"], self.batched)

    def _penalty(self) -> Any:
        options, names = self.raw.get("loss", {}), self.parameters
        biases = options.get("l2_biases", False)
        counted = [p for n, p in names.items() if biases or n.rpartition(".")[2][0] != "b"]
        return options.get("l2", 0.0) / 2 * sum((p**2).sum() for p in counted)

    def _optimizer(self, training: Mapping[str, Any]) -> Any:
        optim, parameters = self.torch.optim, list(self.parameters.values())
        get, lr = training.get, training["lr"]
        decay = {"weight_decay": get("weight_decay", 0.0)}
        betas = {"betas": (get("beta1", 0.9), get("beta2", 0.999)), "eps": get("eps", 1e-8)}
        momentum = {"momentum": get("momentum", 0.9)}
        dampening = {"dampening": get("dampening", 0.0)}
        make: dict[str, Callable[[], Any]] = {
            "sgd": lambda: optim.SGD(parameters, lr, **decay),
            "momentum": lambda: optim.SGD(parameters, lr, **momentum, **dampening, **decay),
            "adagrad": lambda: optim.Adagrad(parameters, lr, eps=get("eps", 1e-10), **decay),
            "nesterov": lambda: optim.SGD(parameters, lr, nesterov=True, **momentum, **decay),
            "rmsprop": lambda: optim.RMSprop(
                parameters, lr, alpha=get("alpha", 0.99), eps=get("eps", 1e-8), **decay
            ),
            "adam": lambda: optim.Adam(parameters, lr, **betas, **decay),
            "adamw": lambda: optim.AdamW(
                parameters, lr, **betas, weight_decay=get("weight_decay", 0.01)
            ),
        }
        optimizer = make[training["optimizer"]]()
        self._start(optimizer, training["optimizer"])
        return optimizer

    def _start(self, optimizer: Any, kind: str) -> None:
        """Give the optimizer the state that it had before the first step."""
        done = self.arrays.get("training.t", self.torch.tensor(0.0, dtype=self.torch.float64))
        for name, parameter in self.parameters.items():
            for letter, word in STATES.get(kind, {}).items():
                given = self.arrays.get(f"{name}_{letter}0")
                is_needed = kind in ("adam", "adamw") and "training.t" in self.arrays
                if given is not None or is_needed:
                    state = optimizer.state[parameter]
                    state["step"] = done.clone()
                    start = given if given is not None else self.torch.zeros_like(parameter)
                    state[word] = start.detach().clone()

    def _clip(self, training: Mapping[str, Any]) -> None:
        if "clip_norm" in training:
            most = training["clip_norm"]
            self.torch.nn.utils.clip_grad_norm_(list(self.parameters.values()), most)

    def _schedule(self, training: Mapping[str, Any], optimizer: Any) -> Any:
        kinds, get = self.torch.optim.lr_scheduler, training.get
        if get("schedule") == "step":
            return kinds.StepLR(optimizer, get("step_size"), get("gamma", 0.1))
        if get("schedule") == "cosine":
            last = get("t_max", training["steps"])
            return kinds.CosineAnnealingLR(optimizer, last, get("eta_min", 0.0))
        return kinds.ConstantLR(optimizer, 1.0)


SHORT = {
    "rnn": "rnn",
    "lstm": "lstm",
    "gru": "gru",
    "conv2d": "conv", "conv_transpose2d": "convt", "dense": "dense", "embedding": "embed",
    "relu": "relu", "leaky_relu": "leaky", "sigmoid": "sigmoid", "tanh": "tanh", "gelu": "gelu",
    "softmax": "softmax", "dropout": "dropout", "flatten": "flatten", "max_pool2d": "pool",
    "avg_pool2d": "avgpool", "global_avg_pool": "gap", "batch_norm": "bn", "layer_norm": "ln",
    "add": "add", "concat": "concat", "silu": "silu", "elu": "elu", "softplus": "softplus",
    "prelu": "prelu", "relu6": "relu6", "hardsigmoid": "hardsigmoid", "hardswish": "hardswish",
    "attention": "attn", "position": "pos",
    "multiply": "mul", "matmul": "matmul", "scale": "scale", "exp": "exp", "reshape": "reshape",
    "transpose": "transpose", "slice": "slice", "sum": "sum", "mean": "mean",
    "conv1d": "conv", "max_pool1d": "pool", "avg_pool1d": "avgpool", "global_max_pool": "gmp",
    "rms_norm": "rms", "group_norm": "gn", "instance_norm": "in",
}  # fmt: skip


def _named(layers: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    counts: dict[str, int] = {}
    named = []
    for layer in layers:
        short = SHORT[layer["type"]]
        counts[short] = counts.get(short, 0) + 1
        named.append((layer.get("name", f"{short}{counts[short]}"), layer))
    return named
