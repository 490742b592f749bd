"""A model field for hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

if TYPE_CHECKING:  # generic only in the stubs
    _Base = models.BinaryField[str, str]
else:
    _Base = models.BinaryField


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
            raise ValidationError("This is no hash in hex digits.") from error

    def to_python(self, value: str | None) -> str | None:
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(value if prepared else self.get_prep_value(value), connection, True)
