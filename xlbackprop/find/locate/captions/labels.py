"""What a label means: the words people write beside a block, and the tensors they may mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from xlbackprop.equation import Role, Tensor

# French, Spanish, Italian, Portuguese and Dutch.
_WEIGHTS = r"filtres?|noyaux?|poids|filtros?|pesos?|filtr[oi]|pes[oi]|nucle[oi]s?|gewichten"
_BIASES = r"biais|sesgos?|vies(es)?"
_INPUTS = r"entrees?|entradas?|ingress[oi]|invoer"
_OUTPUTS = r"sorties?|salidas?|saidas?|uscit[ae]|uitvoer"
# The subject of a derivative or of the word gradient, and whose gradient it may be.
_SUBJECTS = {
    rf"w\d*|weights?|filters?|kernels?|gewichte?n?|theta|f\d*|k\d*|{_WEIGHTS}": ("dL_dw",),
    rf"b\d*|bias(es)?|schwellwerte?n?|{_BIASES}": ("dL_db",),
    rf"x\d*|h\d*|in(put)?s?|eingaben?|eingangen?|i\d*|p(added)?|{_INPUTS}": ("dL_dh", "dL_dout"),
    r"out(put)?s?\d*|o\d*|y(hat)?\d*|z\d*|net\d*|a\d*|s\d*|ausgaben?|netzeingaben?"
    rf"|{_OUTPUTS}": ("dL_dout", "dL_dh"),
}
_WORDS = (
    (rf"w\d*|weights?|filters?|kernels?|gewichte?|theta|f\d+|{_WEIGHTS}", ("w",)),
    (rf"b\d*|bias(es)?|schwellwerte?|{_BIASES}", ("b",)),
    (rf"x\d*|inputs?|in|images?|bild|eingaben?|eingange?|features?|samples?|i\d+|{_INPUTS}",
     ("h",)),
    (r"channels?|ch|kanal|c\d+", ("h",)),
    (r"h\d*", ("h", "out")),
    (r"outputs?|out|z\d*|y\d*|yhat|net\d*|a\d*|ausgaben?|netzeingaben?|activations?|maps?"
     rf"|{_OUTPUTS}", ("out", "h")),
    (r"relu|sigmoid|tanh|softmax|pool|pooled|pooling|flatten|flat|logits?|preactivations?",
     ("out", "h")),
    (r"onehot", ("onehot", "target")),
    (r"targets?|desired|soll|zielwerte?|true|t\d*|labels?|ziele?|cibles?|objetivos?|doel",
     ("target", "onehot")),
    (r"lr|eta|alpha|lernrate|learning|rate|eps", ("lr",)),
    (r"loss|cost|l|e|j|etotal|kosten|verlust|perte|perdida|perdita|perda|verlies|couts?", ("L",)),
    (r"err(or)?s?|fehler|erreurs?|error(e|es|i)|erros?|fout", ("L", "error", "dL_dout")),
    (r"deltas?|upstream|d", ("dL_dout", "dL_dh", "error")),
    (r"winners?|argmax|mask", ("winner", "mask")),
)  # fmt: skip
# What tensors of these roles are usually called, whatever their layer calls them.
_USUAL_NAMES = {
    Role.INPUT: "h",
    Role.INPUT_GRADIENT: "dL_dh",
    Role.OUTPUT: "out",
    Role.OUTPUT_GRADIENT: "dL_dout",
}
_SUBJECT_OF = tuple((re.compile(pattern), roles) for pattern, roles in _SUBJECTS.items())
_ROLE_OF = tuple((re.compile(pattern), roles) for pattern, roles in _WORDS)
_LETTERS = 2  # so short a name may stand for anything
_PLAINLY = 0.8  # how well a label fits at least that names a tensor
_GRADIENT = re.compile(r"\bd(?:l|e|c|j|loss|error|etotal)?\s*/\s*d\s*([a-z]+\d*)")
_D_OF = re.compile(r"\bd(?:l|e|c|j)?_?d?_?([a-z]+\d*)\b")
_GRADIENT_WORD = re.compile(
    r"\b(grad(?:ient)?s?|gradient(?:en?|i|es?)|nabla|derivatives?|ableitung(?:en)?|dl"
    r"|updates? to)\b"
)
_NEW = re.compile(r"\b(new|neue?s?r?|updated|after|next)\b|\+|'")
_ROTATED = re.compile(r"rotat|flip|gedreht|180|turned")
_SPREAD = re.compile(r"spread|dilated|zeros? between")
_PADDED = re.compile(r"padd|pad\b|rand\b")
# Behind a number, what stands in brackets at the end says which entry is meant: weights 3 (1,2).
_INDEX = re.compile(r"(?<=\d)\s*[(\[]\s*(\d+(?:\s*,\s*\d+)*)\s*[)\]]\s*$")


@dataclass(frozen=True)
class Meaning:
    """The short names of the tensors that a label may mean, the likeliest first."""

    roles: tuple[str, ...]
    words: frozenset[str]


@lru_cache(maxsize=4096)
def meaning_of(label: str) -> Meaning:
    """Return what a label means; no roles where its words say nothing."""
    text = _plain(label)
    words = re.findall(r"[a-z]+\d*|\d+", text)
    return Meaning(_roles(text, words), frozenset(words))


def _roles(text: str, words: list[str]) -> tuple[str, ...]:
    gradient = _GRADIENT.search(text)
    if gradient:
        return _subject(gradient[1])
    if _GRADIENT_WORD.search(text):
        return next((roles for word in words if (roles := _subject(word))), ("dL_dout", "dL_dh"))
    named = [roles for word in words if (roles := _role(word))]
    if len(named) > 1 and named[0] == ("L",):  # "loss target", "error of the output"
        named = named[1:]
    roles = named[0] if named else ()
    if not roles and words and (match := _D_OF.match(words[0])):
        return _subject(match[1])
    return _of_a_helper(text, roles)


def _of_a_helper(text: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Return the roles, or those of a tensor's padded, turned or updated version."""
    version = {
        ("w_rotated",): _ROTATED.search(text),
        ("dL_dout_spread",): _SPREAD.search(text),
        ("h_padded",): roles[:1] in (("h",), ()) and _PADDED.search(text),
        (f"{roles[0]}_new" if roles else "",): roles[:1] in (("w",), ("b",)) and _NEW.search(text),
    }
    return next((name for name, is_meant in version.items() if is_meant), roles)


def _plain(label: str) -> str:
    text = unicodedata.normalize("NFKD", label).lower()
    text = "".join(each for each in text if not unicodedata.combining(each))
    for symbol, word in (
        ("∂", "d"),
        ("δ", "delta "),
        ("∇", "nabla "),
        ("η", "eta"),
        ("α", "alpha"),
    ):
        text = text.replace(symbol, word)
    text = re.sub(r"\b(d[lecj])_d", r"\1/d", text)
    text = re.sub(r"\bone[ _-]hot\b", "onehot", text)
    return re.sub(r"[_{}()\[\]^:=,;]+", " ", text)


def _subject(word: str) -> tuple[str, ...]:
    return next((roles for pattern, roles in _SUBJECT_OF if pattern.fullmatch(word)), ())


def _role(word: str) -> tuple[str, ...]:
    return next((roles for pattern, roles in _ROLE_OF if pattern.fullmatch(word)), ())


def fit(label: str, tensor: Tensor, order: int) -> float:
    """Return how well a label fits a tensor, from -1 (it names another) to 1.5.

    `order` is the number of the tensor's layer among those that have such a tensor, from 1.
    """
    meaning = meaning_of(label)
    if not meaning.roles:
        return 0.0
    names = {tensor.short, _USUAL_NAMES.get(tensor.role, tensor.short)}
    if not names & set(meaning.roles):
        return -0.6
    score = 1.0 if meaning.roles[0] in names or _says(meaning, tensor) else 0.6
    return score + _layer_fit(label, tensor, order)


def names_a_strange_gradient(label: str) -> bool:
    """Return whether a label says that a gradient of L stands there, and not whose in words known.

    ∂L/∂q is one, if nothing on the page is called q.
    """
    found = _GRADIENT.search(_plain(label))
    return found is not None and not _subject(found[1])


def names_plainly(label: str, tensor: Tensor, order: int) -> bool:
    """Return whether a label names a tensor, and would not sooner name another of its layer."""
    roles = meaning_of(label).roles
    names = {tensor.short, _USUAL_NAMES.get(tensor.role, tensor.short)}
    is_meant = bool(roles) and (roles[0] in names or _says(meaning_of(label), tensor))
    return is_meant and fit(label, tensor, order) >= _PLAINLY


def is_of_a_later_entry(label: str) -> bool:
    """Return whether a label says by its index that it is not of a tensor's first entry."""
    found = _INDEX.search(label)
    index = {int(number) for number in found[1].split(",")} if found else {1}
    return max(index) > 1 or len(index) > 1


def _says(meaning: Meaning, tensor: Tensor) -> bool:
    """Return whether a label has a tensor's own name as a word: error, mask, softmax."""
    short = tensor.short.lower()
    return len(short) > _LETTERS and short in meaning.words


def _layer_fit(label: str, tensor: Tensor, order: int) -> float:
    plain = _plain(_INDEX.sub("", label))
    kind = re.sub(r"\d+$", "", tensor.layer)
    named = re.findall(rf"\b{re.escape(kind)}[a-z0-9]*?\s?(\d+)\b", plain) if kind else []
    if named:
        return 0.5 if tensor.layer == f"{kind}{named[0]}" else -0.4
    words = re.findall(r"[a-z]+\d*|\d+", plain)
    digits = [word.lstrip("abcdefghijklmnopqrstuvwxyz") for word in words]
    numbers = {int(digit) for digit in digits if digit.isdecimal() and len(digit) < 4}
    return (0.2 if order in numbers else -0.1) if numbers else 0.0
