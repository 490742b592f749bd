"""Sentences for people, which can be said again in the language of another reader.

`gettext` and `ngettext` are called as Django's, with named values. What they return is text in the language that is
active now, and remembers how it was made. So a sentence that a worker raised or stored in English reaches a German
reader in German: `ExpectedError.sentence` and `SentenceField` say it again when it is read.

Pure code calls these functions too. Without `use_languages`, as in the decoder's child, everything is English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from profiles.text import one_line

#: A number is written as the language does it. Ids, codes, years and pixels are given as text.
Value = str | int | float


class Languages(NamedTuple):
    """Django's functions of the same names. `number` writes a number."""

    gettext: Callable[[str], str]
    ngettext: Callable[[str, str, int], str]
    number: Callable[[float], str]


_ENGLISH = Languages(lambda one: one, lambda one, many, count: one if count == 1 else many, lambda n: f"{n:,}")
_languages = _ENGLISH
_PLACE = re.compile(r"%(?:\((\w+)\)s|%)")
#: Characters of plain text that are kept where a sentence may stand.
MAX_SENTENCE = 300
#: Sentences within sentences that are read back.
_DEPTH = 4


def use_languages(languages: Languages) -> None:
    """Say sentences in other languages from now on. Called once, when the apps are ready."""
    global _languages  # noqa: PLW0603 - the one registration, as pure code can't import what is registered
    _languages = languages


class Sentence(str):
    """A sentence as it is said now. `template`, `plural` and `values` are what it was made of."""

    __slots__ = ("plural", "template", "values")
    template: str
    plural: str
    values: Mapping[str, Value]

    def __reduce__(self) -> tuple[object, ...]:
        return _make, (self.template, self.plural, dict(self.values))


def gettext(template: str, /, **values: Value) -> Sentence:
    """Return the sentence in the language of now. Values that are sentences themselves are said along."""
    return _make(template, "", values)


def ngettext(one: str, many: str, count: int, /, **values: Value) -> Sentence:
    """Return the sentence for so many things, which it can name as `%(count)s`."""
    return _make(one, many, {"count": count, **values})


def gettext_noop(text: str) -> str:
    """Mark a text for translation, and return it as it is: `translate` or `gettext` says it later."""
    return text


def join_sentences(*sentences: str) -> str:
    """Return whole sentences one after the other. Empty ones are left out."""
    said = [sentence for sentence in sentences if sentence]
    return _make(
        " ".join(f"%({name})s" for name in range(len(said))), "", {str(n): each for n, each in enumerate(said)}
    )


def translate(text: str) -> str:
    """Say a sentence again in the language of now. Other text is returned as it is."""
    return _make(text.template, text.plural, text.values) if isinstance(text, Sentence) else text


def clean_sentence(text: str) -> str:
    """Return a sentence as it is, and plain text, such as the words of staff, as one line of MAX_SENTENCE."""
    return text if isinstance(text, Sentence) else one_line(text)[:MAX_SENTENCE]


def to_english(text: str) -> str:
    """Return a sentence in English, as logs and headers have it."""
    return _say(text.template, text.plural, text.values, _ENGLISH) if isinstance(text, Sentence) else text


def to_data(text: str) -> object:
    """Return what JSON can hold of a sentence or of plain text."""
    if not isinstance(text, Sentence):
        return text
    values = {name: to_data(value) if isinstance(value, str) else value for name, value in text.values.items()}
    return {"template": text.template, "plural": text.plural, "values": values}


def from_data(data: object, depth: int = _DEPTH) -> str:
    """Return what `to_data` was given, in the language of now. Raise ValueError if it never was."""
    match data:
        case str():
            return data
        case {"template": str(template), "plural": str(plural), "values": dict(values)} if depth:
            return _make(template, plural, {str(name): _value(value, depth - 1) for name, value in values.items()})
    raise ValueError("This is no sentence.")


def dump_sentence(text: str) -> str:
    """Return a sentence as JSON, and plain text as it is."""
    return json.dumps(to_data(text), ensure_ascii=False) if isinstance(text, Sentence) else str(text)


def load_sentence(stored: str) -> str:
    """Return what `dump_sentence` was given, in the language of now."""
    if not stored.startswith('{"template":'):
        return stored
    try:
        return from_data(json.loads(stored))
    except (ValueError, RecursionError):  # somebody's own words, which only look like it
        return stored


def _value(value: object, depth: int) -> Value:
    return value if isinstance(value, int | float) else from_data(value, depth)


def _make(template: str, plural: str, values: Mapping[str, Value]) -> Sentence:
    sentence = Sentence(_say(template, plural, values, _languages))
    sentence.template, sentence.plural, sentence.values = template, plural, values
    return sentence


def _say(template: str, plural: str, values: Mapping[str, Value], languages: Languages) -> str:
    count = values.get("count") if plural else None
    said = languages.ngettext(template, plural, count) if isinstance(count, int) else languages.gettext(template)
    return _PLACE.sub(partial(_fill, values, languages), said) if values else said


def _fill(values: Mapping[str, Value], languages: Languages, place: re.Match[str]) -> str:
    """Return what stands in a place of a template: "%%" is a percent sign."""
    return _say_value(values.get(place[1], ""), languages) if place[1] else "%"


def _say_value(value: Value, languages: Languages) -> str:
    if isinstance(value, Sentence):
        return _say(value.template, value.plural, value.values, languages)
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else one_line(value)
    return languages.number(value)
