"""Everything that people read is marked and translated, and the compiled catalogs are those of the sources."""

from __future__ import annotations

import re
from collections import Counter
from gettext import GNUTranslations
from pathlib import Path

import pytest

from avatarsite.management.commands.messages import catalogs, compile_catalog, statistics
from localstack.binaries import ROOT
from tests.kit import texts

CATALOGS = catalogs()
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[ds]|%%|\{\w+\}|</?(?:a|b|code|em|strong)\b[^>]*>")
#: Names, formats and words that are the same in every language.
SAME_EVERYWHERE = {"HTML", "Markdown", "Example", "API", "UTC", "SHA-256", "sha256"}
# Errors that nobody sees: another script catches them, or a wallet shows its own.
SCRIPTS_SAY = {
    "`The store answered ${request.status}.`",
    "`${method} does not go over WalletConnect.`",
    '"Disconnected by the person."',
    '"The local chain does not answer."',
    '"The local chain refused."',
    '"The person refused in the demo wallet."',
}


def place(path: Path) -> str:
    return str(path.relative_to(ROOT))


def entries(path: Path) -> dict[str, list[str]]:
    """Return the translations by their text; of a plural, one for each form."""
    with path.open("rb") as file:
        catalog = GNUTranslations(file)
    found: dict[str, list[str]] = {}
    for key, translation in catalog._catalog.items():  # type: ignore[attr-defined]
        found.setdefault(key[0] if isinstance(key, tuple) else key, []).append(translation)
    return {text: forms for text, forms in found.items() if text}


def translated() -> set[str]:
    return {text for path in CATALOGS for text in entries(path.with_suffix(".mo"))}


@pytest.mark.parametrize("path", CATALOGS, ids=place)
def test_a_catalog_is_complete_and_compiled(path: Path, tmp_path: Path) -> None:
    assert re.fullmatch(r"\d+ translated messages?\.", statistics(path)), place(path)
    compile_catalog(path, tmp_path / "fresh.mo")  # checks formats, too
    assert entries(tmp_path / "fresh.mo") == entries(path.with_suffix(".mo")), "Run `make messages`."


@pytest.mark.parametrize("path", CATALOGS, ids=place)
def test_a_translation_has_the_placeholders_and_elements_of_its_text(path: Path) -> None:
    wrong = []
    for text, forms in entries(path.with_suffix(".mo")).items():
        for form in forms if len(forms) == 1 else forms[-1:]:  # "one" may spell its number out
            if Counter(PLACEHOLDER.findall(text)) != Counter(PLACEHOLDER.findall(form)) and len(forms) == 1:
                wrong.append((text, form))
            assert "\ufffd" not in form
    assert wrong == []


def test_a_translation_says_du_and_quotes_as_germans_do() -> None:
    for path in CATALOGS:
        for text, forms in entries(path.with_suffix(".mo")).items():
            for form in forms:
                assert not re.search(r"(?<=[a-zäöüß,;] )(?:Sie|Ihnen|Ihr\w*)\b", form), (text, form)
                assert not re.search(r"[“][^„”]*[”]|\w'\w", form), (text, form)


def test_every_marked_text_is_in_a_catalog() -> None:
    found = {text for path in texts.templates() for text in texts.marked_in_template(path.read_text("utf-8"))}
    found |= {text for path in texts.modules() for text in texts.marked_in_module(path.read_text("utf-8"))}
    found |= {text for path in texts.SCRIPTS for text in texts.marked_in_script(path.read_text("utf-8"))}
    missing = {text for text in found if text} - translated()
    assert missing == set(), "Run `make messages`, and translate what is new."


def test_no_text_of_a_template_lacks_its_mark() -> None:
    found = {
        (place(path), text)
        for path in texts.templates()
        for text in texts.unmarked_in_template(path.read_text("utf-8"))
    }
    wrong = {(path, text) for path, text in found if text not in SAME_EVERYWHERE}
    assert wrong == set(), "Mark it with {% translate %} or {% blocktranslate trimmed %}."


def test_no_text_of_a_script_lacks_its_mark() -> None:
    found = {(path.name, text) for path in texts.SCRIPTS for text in texts.unmarked_in_script(path.read_text("utf-8"))}
    wrong = {(name, text) for name, text in found if text not in SCRIPTS_SAY}
    assert wrong == set(), "Mark it with gettext or ngettext of profiles/static/profiles/js/words.js."


def test_an_unmarked_text_is_found() -> None:
    assert list(texts.unmarked_in_template("{% load i18n %}<p>{% if x %}Not marked{% endif %}</p>")) == ["Not marked"]
    assert list(texts.unmarked_in_template('<a title="Not marked">{{ x }}</a>')) == ["Not marked"]
    assert list(texts.unmarked_in_template('{% include "a.html" with title="Not marked" %}')) == ["Not marked"]
    assert list(texts.unmarked_in_template('<p>{% translate "Marked" %}{# Not shown #}<code>x = 1</code></p>')) == []
    assert list(texts.unmarked_in_script('note(gettext("Marked text"), "Not marked"); // Not shown')) == [
        '"Not marked"'
    ]
