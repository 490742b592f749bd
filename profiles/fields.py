"""Model fields for hashes and for sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from profiles.sentences import MAX_SENTENCE, Sentence, dump_sentence, load_sentence

if TYPE_CHECKING:  # generic only in the stubs
    _Base = models.BinaryField[str, str]
    _TextBase = models.TextField[str, str]
else:
    _Base = models.BinaryField
    _TextBase = models.TextField

#: Characters of a sentence with what it was made of. Of a longer one only the text is kept.
MAX_STORED = 2000


class HexField(_Base):
    """Bytes that code sees as lower-case hex digits: they take half the room of text, also in each index.

    `max_length` counts bytes. Compared with anything that isn't hex digits, it raises ValidationError.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"editable": True, **options})

    def from_db_value(self, value: bytes | memoryview | None, *_: object) -> str | None:
        return None if value is None else bytes(value).hex()

    def get_prep_value(self, value: str | None) -> bytes | None:
        if value is None:
            return None
        try:
            return bytes.fromhex(value)
        except ValueError as error:
            raise ValidationError(_("This is no hash in hex digits.")) from error

    def to_python(self, value: str | None) -> str | None:
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(value if prepared else self.get_prep_value(value), connection, True)


class SentenceField(_TextBase):
    """A sentence for people, read in the language of the reader: see `profiles.sentences`.

    Plain text, such as the words of staff, is kept and read as it is.
    """

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return None if value is None else load_sentence(value)

    def get_prep_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            return super().get_prep_value(value)
        stored = dump_sentence(value)
        is_made = isinstance(value, Sentence) and len(stored) <= MAX_STORED
        return stored if is_made else str(value)[:MAX_SENTENCE]
