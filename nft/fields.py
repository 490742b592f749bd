"""Column types of the field's own words: 20-byte addresses and uint256 numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _Bytes = models.BinaryField[bytes, bytes]
    _IntText = models.CharField[Any, Any]  # int, or None where the column is nullable
else:  # generic only in the stubs
    _Bytes = models.BinaryField
    _IntText = models.CharField

UINT256_MAX = 2**256 - 1
UINT256_DIGITS = 78


class AddressField(_Bytes):
    """An Ethereum address as its 20 bytes; `nft.core.evm.address.to_checksum` makes the text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 20
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, *_: Any) -> bytes | None:
        return None if value is None else bytes(value)

    def get_prep_value(self, value: Any) -> Any:
        if value is not None and len(value) != 20:
            raise ValidationError("An address has 20 bytes, this one has %(n)s.", params={"n": len(value)})
        return super().get_prep_value(value)


class Uint256Field(_IntText):
    """A uint256 kept as decimal text of at most 78 digits: no database has the type, and none may round it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = UINT256_DIGITS
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> Any:
        return int(value) if isinstance(value, str) and value else value

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        number = int(value)
        if not 0 <= number <= UINT256_MAX:
            raise ValidationError("A token id is a whole number from 0 to 2^256 - 1.")
        return str(number)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)
