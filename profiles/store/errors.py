"""What an object store fails with, whatever library talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from profiles.errors import Kind
from profiles.outages import Outage
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

_REASON = _("Our object store can't be used at the moment.")
_ADVICE = _("Nothing was changed. Please try again in a few minutes.")


class StorageError(Outage):
    """The object store does not answer, or refuses what it must do: then only its operator can help."""

    kind = Kind("storage-unavailable", gettext_noop("Pictures can't be stored at the moment"), 503, permanent=False)

    def __init__(self, detail: str) -> None:
        super().__init__(detail, _REASON, advice=_ADVICE)


class ObjectMissing(StorageError):
    """The object store holds no such object."""

    kind = replace(StorageError.kind, permanent=True)


@contextmanager
def errors_translated(key: str) -> Iterator[None]:
    """Translate the errors of the libraries below into StorageError. Its detail never quotes an answer."""
    try:
        yield
    except FileNotFoundError:
        raise ObjectMissing(f"The object store holds no {key}.") from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in {"404", "NoSuchKey"}:
            raise ObjectMissing(f"The object store holds no {key}.") from None
        raise StorageError(f"The object store refused {key}: {code}.") from error
    except PermissionError as error:
        raise StorageError(f"The folder of the object store can't be used: {error.strerror}.") from error
    except (BotoCoreError, OSError) as error:
        raise StorageError(f"The object store can't be reached: {type(error).__name__}.") from error
