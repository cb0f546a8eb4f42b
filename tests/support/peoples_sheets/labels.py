"""How people label what stands in a sheet: in English, in German, with Greek letters."""

from __future__ import annotations

_PLAIN = {
    "en": {
        "t": "t{0}", "x": "i{0}", "z1": "h{0}", "a1": "a_h{0}", "z2": "o{0}", "a2": "a_o{0}",
        "E": "E{0}", "L": "E_total", "rate": "learning rate", "title": "Backpropagation by hand",
        "d1": "delta_h{0}", "d2": "delta_o{0}", "of": "dE/d{0}", "rule": "Δ{0}",
        "note": "check the first row with a calculator", "step": "step",
    },
    "de": {
        "t": "Ziel {0}", "x": "Eingang {0}", "z1": "Netz h{0}", "a1": "Ausgabe h{0}",
        "z2": "Netz o{0}", "a2": "Ausgabe o{0}", "E": "Fehler {0}", "L": "Gesamtfehler",
        "rate": "Lernrate", "title": "Rückwärtsrechnung, Übung 3", "d1": "Delta h{0}",
        "d2": "Delta o{0}", "of": "Ableitung nach {0}", "rule": "Änderung {0}",
        "note": "erste Zeile von Hand nachrechnen!", "step": "Schritt",
    },
    "greek": {
        "t": "t{0}", "x": "x{0}", "z1": "z{0}", "a1": "σ(z{0})", "z2": "ζ{0}", "a2": "ŷ{0}",
        "E": "E{0}", "L": "ΣE", "rate": "η", "title": "∂E/∂w", "d1": "δh{0}", "d2": "δo{0}",
        "of": "∂E/∂{0}", "rule": "Δ{0}", "note": "η = const.", "step": "n",
    },
}  # fmt: skip
_GROUPS = {
    "en": {"t": "targets", "x": "inputs", "W": "weights", "z": "forward", "g": "gradients"},
    "de": {"t": "Ziele", "x": "Eingänge", "W": "Gewichte", "z": "Vorwärts", "g": "Gradienten"},
    "greek": {"t": "t", "x": "x", "W": "w", "z": "→", "g": "∇"},
}


def weight_label(plan, key):
    """Return what a person calls a weight: w1 … w8, b1 …"""
    inputs, hidden, _ = plan.sizes
    kind, *index = key
    if kind == "W1":
        return f"w{index[0] * inputs + index[1] + 1}"
    if kind == "W2":
        return f"w{hidden * inputs + index[0] * hidden + index[1] + 1}"
    if plan.biases == "shared":
        return "b1" if kind == "b1" else "b2"
    return f"b{index[0] + 1 + (hidden if kind == 'b2' else 0)}"


def label(plan, key):
    """Return the label of a column."""
    words = _PLAIN[plan.language]
    kind, *index = key
    if kind.startswith("g"):
        of = weight_label(plan, (kind[1:], *index))
        return words["rule" if plan.is_delta_rule else "of"].format(of)
    if kind[0] in "Wb":
        return weight_label(plan, key)
    return words[kind].format(*(one + 1 for one in index))


def word(plan, name):
    """Return a title, a note, or the word for the rate."""
    return _PLAIN[plan.language][name]


def group_label(plan, key):
    """Return the title of the columns of a kind, as it stands in a row above their labels."""
    kind = key[0]
    group = {"t": "t", "x": "x", "W1": "W", "W2": "W", "b1": "W", "b2": "W"}.get(kind)
    return _GROUPS[plan.language][group or ("g" if kind[0] in "gd" else "z")]
