"""What an object store fails with, whatever library talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

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
    except PermissionError as error:
        raise StorageError(f"The folder of the object store can't be used: {error.strerror}.") from error
    except OSError as error:
        raise StorageError(f"The object store can't be reached: {type(error).__name__}.") from error
    except Exception as error:
        if not _is_of_s3(error):
            raise
        code = _code_of(error)
        if code in {"404", "NoSuchKey"}:
            raise ObjectMissing(f"The object store holds no {key}.") from None
        said = f"refused {key}: {code}." if code is not None else f"can't be reached: {type(error).__name__}."
        raise StorageError(f"The object store {said}") from error


def _is_of_s3(error: Exception) -> bool:
    """Return whether botocore raised it, without loading botocore: where it is not installed, it raises nothing."""
    return any(kind.__module__ == "botocore.exceptions" for kind in type(error).__mro__)


def _code_of(error: Exception) -> str | None:
    """Return what the server answered (botocore's ClientError), None if it did not answer."""
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else None
