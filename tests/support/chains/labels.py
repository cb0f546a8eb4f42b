"""Six ways in which people label what stands on a sheet; the seventh is none."""

from __future__ import annotations

# By style: what each kind of tensor is called; {0} is the number of its layer.
_WORDS = {
    "words": {"x": "inputs", "w": "weights {0}", "b": "bias {0}", "z": "net {0}",
              "a": "output {0}", "t": "target", "L": "loss", "dw": "gradient of weights {0}",
              "db": "gradient of bias {0}", "dz": "gradient of net {0}",
              "da": "gradient of output {0}", "dx": "gradient of inputs", "w+": "new weights {0}",
              "b+": "new bias {0}", "lr": "learning rate", "p": "pooled",
              "dp": "gradient of pooled", "y": "softmax"},
    "letters": {"x": "x", "w": "W{0}", "b": "b{0}", "z": "z{0}", "a": "a{0}", "t": "t",
                "L": "E", "dw": "dE/dW{0}", "db": "dE/db{0}", "dz": "dE/dz{0}", "da": "dE/da{0}",
                "dx": "dE/dx", "w+": "W{0} new", "b+": "b{0} new", "lr": "eta", "p": "p",
                "dp": "dE/dp", "y": "y"},
    "greek": {"x": "x", "w": "w⁽{0}⁾", "b": "θ⁽{0}⁾", "z": "z⁽{0}⁾", "a": "σ(z⁽{0}⁾)",
              "t": "y", "L": "L", "dw": "∂L/∂w⁽{0}⁾", "db": "∂L/∂θ⁽{0}⁾", "dz": "δ⁽{0}⁾",
              "da": "∂L/∂σ⁽{0}⁾", "dx": "∂L/∂x", "w+": "w⁽{0}⁾⁺", "b+": "θ⁽{0}⁾⁺", "lr": "η",
              "p": "π", "dp": "∂L/∂π", "y": "ŷ"},
    "german": {"x": "Eingänge", "w": "Gewichte {0}", "b": "Schwellwert {0}",
               "z": "Netzeingabe {0}", "a": "Ausgabe {0}", "t": "Zielwert", "L": "Fehler",
               "dw": "Ableitung nach Gewichten {0}", "db": "Ableitung nach Schwellwert {0}",
               "dz": "Delta {0}", "da": "Ableitung nach Ausgabe {0}",
               "dx": "Ableitung nach Eingängen", "w+": "Gewichte {0} neu",
               "b+": "Schwellwert {0} neu", "lr": "Lernrate", "p": "größte Werte",
               "dp": "zurück durch größte", "y": "Softmax"},
    "code": {"x": "X", "w": "W{0}", "b": "b{0}", "z": "Z{0}", "a": "A{0}", "t": "y_true",
             "L": "loss", "dw": "grad_W{0}", "db": "grad_b{0}", "dz": "grad_Z{0}",
             "da": "grad_A{0}", "dx": "grad_X", "w+": "W{0}_new", "b+": "b{0}_new", "lr": "lr",
             "p": "P", "dp": "grad_P", "y": "probs"},
    "short": {"x": "h", "w": "w", "b": "b", "z": "net", "a": "out", "t": "target", "L": "L",
              "dw": "dw", "db": "db", "dz": "dnet", "da": "dout", "dx": "dh", "w+": "w new",
              "b+": "b new", "lr": "rate", "p": "pool", "dp": "dpool", "y": "y"},
}  # fmt: skip

_OF_LOSS = {"softmax": "y", "target": "t", "L": "L"}
_OF_ACTIVATION = {"out": "a", "dL_dh": "dz", "dL_dout": "da"}
_OF_LAYER = {"h": "x", "w": "w", "b": "b", "out": "z", "dL_dw": "dw", "dL_db": "db", "w_new": "w+",
             "b_new": "b+", "dL_dout": "dz", "dL_dh": "dx"}  # fmt: skip


def kind_of(name, plan):
    """Return what kind of quantity a tensor is, and the number of its layer."""
    layer, _, short = name.partition(".")
    front = int(plan.is_conv)
    if layer == "loss":
        return _OF_LOSS[short], len(plan.dense) + front
    if layer in plan.of_dense:
        return _OF_ACTIVATION[short], plan.of_dense.index(layer) + 1 + front
    if layer in plan.dense:
        number = plan.dense.index(layer) + 1 + front
        back = ("dp", number) if plan.is_conv and number == 2 else ("da", number - 1)
        return back if short == "dL_dh" else (_OF_LAYER[short], number)
    if layer == plan.of_pool:
        return {"out": "p", "dL_dh": "da"}[short], 1
    return (_OF_LAYER if layer == "conv1" else _OF_ACTIVATION)[short], 1


def label(style, kind, layer, index=()):
    """Return what a tensor, or one of its entries, is called; None where nothing is labelled."""
    if not style:
        return None
    text = _WORDS[style][kind].format(layer)
    if not index:
        return text
    numbers = [str(at + 1) for at in index]
    if style in ("words", "german"):
        return f"{text} ({','.join(numbers)})"
    return f"{text}{'_' if text[-1:].isdigit() else ''}{''.join(numbers)}"
