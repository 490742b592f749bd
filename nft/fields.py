"""Model fields for Ethereum values: 20-byte addresses and uint256 numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from nft.core.evm.address import ADDRESS_BYTES
from nft.core.evm.token import MAX_TOKEN_ID
from profiles.sentences import gettext

if TYPE_CHECKING:  # generic only in the stubs
    from django_stubs_ext import StrOrPromise

    _BytesField = models.BinaryField[bytes, bytes]
    _IntField = models.CharField[int, int]
else:
    _BytesField = models.BinaryField
    _IntField = models.CharField

UINT256_DIGITS = len(str(MAX_TOKEN_ID))
CID_CHARACTERS = 256
"""Of the longest CID that is read: one that holds 128 bytes itself has up to 228 in base32."""


class FieldOptions(TypedDict, total=False):
    """The options of a field here. `max_length` comes from migrations, and is replaced."""

    null: bool
    blank: bool
    unique: bool
    db_index: bool
    help_text: StrOrPromise
    max_length: int


class AddressField(_BytesField):
    """An Ethereum address, stored as its 20 bytes. `nft.core.evm.address.to_checksum` returns its text."""

    def __init__(self, **options: Unpack[FieldOptions]) -> None:
        options["max_length"] = ADDRESS_BYTES
        super().__init__(**options)

    def from_db_value(self, value: bytes | memoryview | None, *_: object) -> bytes | None:
        return None if value is None else bytes(value)

    def get_prep_value(self, value: bytes | None) -> bytes | None:
        if value is not None and len(value) != ADDRESS_BYTES:
            raise ValidationError(gettext("An address has 20 bytes, this one has %(n)s."), params={"n": len(value)})
        return value


class Uint256Field(_IntField):
    """A uint256, stored as decimal text of at most 78 digits: databases have no such type and might round it."""

    def __init__(self, **options: Unpack[FieldOptions]) -> None:
        options["max_length"] = UINT256_DIGITS
        super().__init__(**options)

    def from_db_value(self, value: str | None, *_: object) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: str | int | None) -> str | int | None:
        return int(value) if isinstance(value, str) and value else value

    def get_prep_value(self, value: int | str | None) -> str | None:
        if value is None:
            return None
        number = int(value)
        if not 0 <= number <= MAX_TOKEN_ID:
            raise ValidationError(gettext("A token id is a whole number from 0 to 2^256 - 1."))
        return str(number)

    def get_db_prep_value(
        self, value: int | str | None, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> int | str | None:
        return value if prepared else self.get_prep_value(value)
