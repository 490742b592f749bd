"""A sentence is said again in the language of whoever reads it, wherever it was made and stored."""

from __future__ import annotations

import pickle

import pytest
from django.utils import translation

from profiles.errors import ExpectedError
from profiles.fields import MAX_STORED, SentenceField
from profiles.images.errors import DAMAGED, ImageRefused
from profiles.sentences import (
    clean_sentence,
    dump_sentence,
    gettext,
    join_sentences,
    load_sentence,
    ngettext,
    to_english,
    translate,
)

LIMIT = "The file is larger than the limit of %(limit)s bytes."
ARCHIVE = "The archive is damaged. %(error)s"


def too_large() -> str:
    return gettext(ARCHIVE, error=gettext(LIMIT, limit=1_048_576))


def test_it_is_said_again_with_all_that_is_in_it() -> None:
    said = too_large()
    assert said == "The archive is damaged. The file is larger than the limit of 1,048,576 bytes."
    with translation.override("de"):
        german = translate(said)
    assert german == "Das Archiv ist beschädigt. Die Datei ist größer als die erlaubten 1.048.576 Bytes."
    assert (translate(german), to_english(german)) == (said, said)


def test_numbers_are_written_as_the_language_does() -> None:
    said = gettext(
        "This %(label)s has %(megapixels)s megapixels; at most %(most)s are accepted.",
        label="PNG",
        megapixels=25.1,
        most=25,
    )
    with translation.override("de"):
        assert translate(said) == "Dieses PNG hat 25,1 Megapixel; höchstens 25 sind erlaubt."
    assert said == "This PNG has 25.1 megapixels; at most 25 are accepted."


def test_numbers_choose_the_form() -> None:
    one, two = (ngettext("Fetching %(count)s picture.", "Fetching %(count)s pictures.", count) for count in (1, 2))
    assert (one, two) == ("Fetching 1 picture.", "Fetching 2 pictures.")
    with translation.override("de"):
        assert (translate(one), translate(two)) == ("1 Bild wird abgerufen.", "2 Bilder werden abgerufen.")


def test_what_strangers_wrote_is_a_value_and_one_clean_line() -> None:
    wild = "100 % of %(limit)s\u202e\n%s"
    assert gettext(ARCHIVE, error=wild) == "The archive is damaged. 100 % of %(limit)s %s"
    assert gettext("Looking for your tokens: %(percent)s %% read, %(found)s so far.", percent=5, found=wild).startswith(
        "Looking for your tokens: 5 % read, 100 % of"
    )
    assert clean_sentence("Bad\nname.") == "Bad name."


def test_several_are_joined() -> None:
    both = join_sentences(gettext("The link is gone."), "", gettext("It could not be fetched"))
    with translation.override("de"):
        assert translate(both) == "The link is gone. Es konnte nicht abgerufen werden"


@pytest.mark.parametrize("text", ["", "Staff wrote this.", '{"template": 1}', '{"template": "', '{"template":' * 5000])
def test_words_of_staff_are_kept_as_they_are(text: str) -> None:
    assert load_sentence(dump_sentence(text)) == text


def test_a_column_keeps_how_it_was_made_unless_that_is_too_long() -> None:
    column = SentenceField()
    stored = column.get_prep_value(too_large())
    with translation.override("de"):
        assert column.from_db_value(stored) == translate(too_large())
    long = gettext(ARCHIVE, error="x" * MAX_STORED)
    assert column.get_prep_value(long) == str(long)[:300]
    assert (column.get_prep_value(None), column.get_prep_value("")) == (None, "")


def test_an_error_has_english_for_the_log_and_the_readers_language_for_people() -> None:
    with translation.override("de"):
        error = pickle.loads(pickle.dumps(ImageRefused(too_large(), DAMAGED)))  # noqa: S301 - our own bytes
        assert (error.sentence, error.title) == (translate(too_large()), "Die Datei ist beschädigt")
        assert str(error) == to_english(too_large())
    assert (error.sentence, error.title) == (too_large(), "The file is damaged")
    assert ExpectedError("A host's own.\n").sentence == "A host's own."
