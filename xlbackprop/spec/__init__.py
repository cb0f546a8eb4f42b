"""TOML to a frozen Spec, the templates, and arrays from files."""

from xlbackprop.spec.inputs import INPUT
from xlbackprop.spec.spec import MAX_LAYERS, MAX_SPEC_BYTES, Spec, parse_spec
from xlbackprop.spec.tables import STYLES, LayerSpec, LossSpec, ValuesSpec
from xlbackprop.spec.training import MAX_STEPS, TrainingSpec

__all__ = [
    "INPUT",
    "MAX_LAYERS",
    "MAX_SPEC_BYTES",
    "MAX_STEPS",
    "STYLES",
    "LayerSpec",
    "LossSpec",
    "Spec",
    "TrainingSpec",
    "ValuesSpec",
    "parse_spec",
]
