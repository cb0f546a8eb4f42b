"""What titles say: that gradients stand below, and by what; or the name of what stands there.

Titles are longer than labels: an equation follows, a size, or words; `dL/dw = dL/dout · ∂out/∂w`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from xlbackprop.find.gradients.texts.labels import derivative, name

_MOST_KEPT = 4096  # texts that are read once
_LONGEST, _LONGEST_CAPTION = 200, 60
_SHORT = 3  # letters of a name that stands by itself behind a word: `gradient of the filters w`
_D = r"(?:[d∂δ𝜕𝛿ϑ]|partial\s?)"
_BY = (
    r"(?P<by>[^\W\d_]\w{0,30}(?:\s?\^?[({\[]+\s?\d+\s?[)}\]]+)?)"
    r"(?:\[[^\]\d]*\])?(?P<next>\s\w{1,6}\b)?"
)
# What may stand before a gradient, and says no more of it; letters and numbers may as well.
_BEFORE = {
    "step", "schritt", "étape", "etape", "paso", "layer", "schicht", "couche", "capa", "backward",
    "pass", "back", "backprop", "rückwärts", "rückwärtspass", "rückpropagierung",
    "rétropropagation",
    "retropropagación", "backpropagation", "gradient", "gradients", "gradienten", "gradiente",
    "gradientes", "grad", "grads", "ableitung", "ableitungen", "derivada", "dérivée", "derivative",
    "derivatives", "partielle", "partial", "weight", "weights", "gewicht", "gewichte", "poids",
    "pesos", "filter", "filters", "kernel", "kernels", "filtre", "filtres", "filtro", "filtros",
    "kern", "bias", "biases", "hidden", "output", "input", "conv", "dense", "the", "der", "die",
    "das", "la", "le", "les", "el", "los", "of", "von", "de", "for", "für", "pour", "para", "our",
    "my", "mein",
}  # fmt: skip
_SLOPE = re.compile(
    rf"(?<!\w){_D}[\s_]*(?P<of>[^\W\d_]\w{{0,14}}?)\s*[/÷:_ ]\s*{_D}[\s_]*{_BY}", re.IGNORECASE
)
_OF_LOSS = (
    r"(?:(?:of|von|der|des|de|du|del|d')?\s*(?:the|la|le|el|der|des)?\s*"
    r"(?:loss|cost|error|objective|verlusts?|verlustfunktion|fehlers?|fehlerfunktion|kosten\w*|"
    r"perte|coût|erreur|pérdida|coste|costo|error|[LEJC])\b(?:\s*(?:function|funktion))?\s*)?"
)
_RESPECT = (
    r"(?:with respect to|w\.?\s?r\.?\s?t\.?|nach|bezüglich|by|of|von|der|des|"
    r"par rapport (?:à|aux?)|"
    r"con respecto (?:a|al)|respecto (?:a|al)|de|du|del|for|für|pour|para)"
)
_IN_WORDS = re.compile(
    r"(?:partial\s|partielle\s|dérivée\spartielle|derivada\sparcial)?\s*"
    r"(?:gradient\w*|grads?|ableitung\w*|derivatives?|dérivées?|derivadas?)?\s*"
    + _OF_LOSS
    + rf"{_RESPECT}\s+(?:the|der|den|dem|die|das|des|la|le|les|el|los|las)?\s*"
    + _BY,
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"(?:the\s|der\s|die\s|la\s|le\s|el\s)?(?:partial\s|partielle\s)?"
    r"(?:gradient|grad\b|ableitung|derivative|dérivée|derivada)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?:(?:grads?_|∇_?)" + _BY + r"|(?P<before>[^\W\d_]\w{0,20}?)(?:\.|_)grad)\b", re.IGNORECASE
)
_LOOSELY = (
    re.compile(r"(?:delta[\s_]+|[dΔ∆δ]_?)" + _BY + r"(?=\s*$|\s{2,}|\s*[(:,;·—–])"),
    re.compile(r"(?:grads?|gradients?)\s" + _BY + r"\s*$", re.IGNORECASE),
    re.compile(
        r"(?P<before>[^\W\d_]\w{0,20})[\s-](?:grads?|gradients?|gradienten)\b", re.IGNORECASE
    ),
)
# Such are no plain gradients of L.
_OTHERWISE = re.compile(
    r"\b(?:num\w*|approx\w*|finite|finiten?|differen\w*|estimat\w*|check|previous|prev|old|alte?[rsn]?|"
    r"vorige[rsn]?|letzte[rsn]?|last|clip\w*|norm\w*|average|running|momentum|velocity|moving|"
    r"history|verlauf|pad\w*|spread|dilat\w*|rotated|flipped|zeros?|mask\w*|squared?|"
    r"absolute|abs|max\w*|min|minimum|bound|limit|threshold|scaled?|times|steps?\ssize)\b",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s{2,}")
_LEAST_OF_WORDS = 2  # letters
_WORD = re.compile(r"[^\W_][\w^]*")
_CUT = re.compile(r"\s{2,}|\s*[=·—–|:;]|\s-\s|\n")
_KINDS = (
    r"(?:filters?|channels?|kernels?|neurons?|units?|heads?|nodes?|layers?|maps?|features?|samples?|"
    r"rows?|cols?|columns?|batch|examples?|time|steps?|gates?|class|inputs?|outputs?|"
    r"kanal|kanäle|neurone?n?|filtres?|filtros?|canal|canaux|muestra|probe|zeile|spalte|ligne|"
    r"colonne|fila|columna|einheit|knoten|kopf|beispiel|eingang|ausgang|klasse|schicht|couche|capa|"
    r"neurona|matrix|slice|part|block|nr|no|from|to|von|nach)"
)
_NUMBER = r"(?:\w{1,8}\s*=\s*\w{1,3}|[#(\[]?\d{1,4}[.)\]]?)"
_INDEX = rf"(?:{_KINDS}(?:[\s:#_]*{_NUMBER}|[\s:#_]+[a-gi-kmn]\b)|{_NUMBER})"
_CAPTION = re.compile(rf"[(\[]?{_INDEX}(?:[\s,;/·|→>()-]+{_INDEX})*[)\]]?", re.IGNORECASE)
_COUNTED = re.compile(
    r"([^\W\d_]+)[\s:#_=]+([a-gi-kmn])(?![^\W_]|\s*=)|([^\W\d_]*)[\s:#_=(\[]*(\d{1,4})(?![^\W_])"
)
_COUNTS_AS = {
    "k": "k", "f": "k", "filter": "k", "filters": "k", "kernel": "k", "filtre": "k", "filtro": "k",
    "out": "k", "neuron": "k", "unit": "k", "neurone": "k", "neurona": "k", "output": "k",
    "c": "c", "ch": "c", "channel": "c", "channels": "c", "kanal": "c", "canal": "c", "in": "c",
    "input": "c",
}  # fmt: skip
# Each of these has a share in the whole gradient.
PARTS = frozenset({
    "sample", "samples", "example", "examples", "batch", "time", "step", "steps", "t", "n",
    "probe", "beispiel", "schritt", "exemple", "muestra", "ejemplo", "paso",
})  # fmt: skip
_ASIDE = re.compile(r"\(.*\)|\[.*\]|[\d\s×x*,()]+|.*[.!?]|(?:size|shape|größe|form|taille)\b.*")
_FEWEST_WORDS_OF_PROSE = 5


@dataclass(frozen=True)
class Said:
    """That a title calls what it stands over gradients, by one of some names, the best first.

    `is_outright` says that it does so whatever else the sheet says: `dL/dw`, but not `dw`.
    """

    by: tuple[str, ...]
    is_outright: bool


@lru_cache(maxsize=_MOST_KEPT)
def said_by(text: str) -> Said | None:
    """Return what a title says of gradients; None where it speaks of something else."""
    text = _SPACES.sub("  ", text[:_LONGEST].replace("\n", "  ")).strip()
    # Of `σ⁽¹⁾` the index is part of the name. One letter may stand for many.
    text = unicodedata.normalize("NFKC", text)[:_LONGEST]
    head = text.split("=")[0]
    if _OTHERWISE.search(head):
        return None
    if (found := _SLOPE.search(head)) and derivative(f"d{found['of']}/dw") is not None:
        before = text[: found.start()]
        is_plain = before.strip()[-1:] not in ("-", "−")
        return Said(_names(found), is_plain) if _says_no_more(before) else None
    if found := _CODE.match(head):
        return Said(_names(found), is_outright=True)
    if _STARTS.match(head) and (found := _IN_WORDS.match(head)):
        return Said(_names(found), is_outright=True)
    loosely = (found for pattern in _LOOSELY if (found := pattern.match(head)))
    return next((Said(_names(found), is_outright=False) for found in loosely), None)


def _says_no_more(before: str) -> bool:
    """Whether nothing but a number and usual words stands before a gradient."""
    words = re.findall(r"[^\W_]+", before.casefold())
    return all(
        len(one.rstrip("0123456789")) < _LEAST_OF_WORDS or one.rstrip("0123456789") in _BEFORE
        for one in words
    )


def _names(found: re.Match[str]) -> tuple[str, ...]:
    groups = found.groupdict()
    by, further = groups.get("before") or groups.get("by") or "", groups.get("next") or ""
    names = [name(by + further), name(by), name(further) if len(name(further)) <= _SHORT else ""]
    return tuple(one for one in dict.fromkeys(names) if one)


@lru_cache(maxsize=_MOST_KEPT)
def names_in(text: str) -> tuple[str, ...]:
    """Return the names that a title may give to what it stands over, the likeliest first."""
    head = _CUT.split(text[:_LONGEST].strip())[0]
    words = _WORD.findall(head)[:_FEWEST_WORDS_OF_PROSE]
    found = [name(text[:_LONGEST]), name(head), *map(name, words[:1]), *map(name, words[1:])]
    rest = _WORD.findall(text[len(head) : _LONGEST])[:2]
    return tuple(dict.fromkeys(one for one in [*found, *map(name, rest)] if one))


@lru_cache(maxsize=_MOST_KEPT)
def is_caption(text: str) -> bool:
    """Return whether a text is the index of one block of several: `k=0 c=1`, `filter 2`."""
    text = text.strip()
    return len(text) <= _LONGEST_CAPTION and bool(_CAPTION.fullmatch(text))


@lru_cache(maxsize=_MOST_KEPT)
def is_aside(text: str) -> bool:
    """Return whether a text may tell more of what a title above it names: an equation, a size."""
    text = text[:_LONGEST].strip()
    words = re.findall(r"[^\W\d_]{2,}", text)
    is_prose = len(words) >= _FEWEST_WORDS_OF_PROSE and " · " not in text
    return "=" in text or is_prose or bool(_ASIDE.fullmatch(text))


@lru_cache(maxsize=_MOST_KEPT)
def index_of(text: str) -> tuple[tuple[str, int], ...]:
    """Return the numbers of a caption, each with what it counts: `filter 2` and `k=2` the same."""
    found = []
    for place, groups in enumerate(_COUNTED.findall(text[:_LONGEST_CAPTION].casefold())):
        word, number = groups[:2] if groups[1] else groups[2:]
        which = int(number) if number.isdigit() else ord(number)
        found.append((_COUNTS_AS.get(word, word) or str(place), which))
    return tuple(sorted(found))
