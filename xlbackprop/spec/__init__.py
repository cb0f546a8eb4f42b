"""TOML to a frozen Spec, the templates, and arrays from files."""

from xlbackprop.spec.inputs import INPUT
from xlbackprop.spec.spec import MAX_LAYERS, MAX_SPEC_BYTES, MAX_STEPS, Spec, parse_spec
from xlbackprop.spec.tables import STYLES, LayerSpec, LossSpec, TrainingSpec, ValuesSpec

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
