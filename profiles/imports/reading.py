"""Read files of others: no more bytes than a picture may have, and nothing outside of the folder that was named."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath
from typing import IO

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage

from profiles.images.limits import MIB, ImageLimits
from profiles.imports.entries import Outcome, Unusable
from profiles.settings import current
from profiles.store.errors import ObjectMissing, StorageError, errors_translated

#: Bytes of a file that is imported, and what it may measure: more than an upload. It is made smaller.
MAX_BYTES = 64 * MIB
_MAX_PIXELS, _MAX_SIDE = 200_000_000, 32_768
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.EISDIR})
_LINKED = frozenset({errno.ELOOP, errno.EMLINK})


def larger_limits() -> ImageLimits:
    """Return the limits of pictures that are imported: those of uploads, or more."""
    ours = current().image_limits
    return ImageLimits(
        max(ours.max_bytes, MAX_BYTES),
        max(ours.max_pixels, _MAX_PIXELS),
        max(ours.max_side, _MAX_SIDE),
        ours.max_frames,
        ours.max_total_pixels,
    )


def read_stored(storage: Storage, name: str) -> bytes:
    """Return a file of a storage. Raise Unusable, or StorageError if the storage can't be used at the moment."""
    try:
        with errors_translated(name):
            return _read_opened(storage, name)
    except ObjectMissing:
        raise Unusable(Outcome.MISSING, "The storage has no such file.") from None
    except SuspiciousFileOperation:
        raise Unusable(Outcome.REFUSED, "The file's name leads out of its storage.") from None
    except ValueError:
        raise Unusable(Outcome.REFUSED, "The storage can't have a file of this name.") from None


def _read_opened(storage: Storage, name: str) -> bytes:
    """Return a file. One of many that alone can't be opened must not stop an import as an outage does."""
    try:
        with closing(storage.open(name)) as file:
            return read_most(file)
    except (PermissionError, IsADirectoryError) as error:
        raise Unusable(Outcome.MISSING, f"The file can't be opened: {error.strerror}.") from None


def read_most(file: IO[bytes]) -> bytes:
    """Return the whole file. Raise Unusable if it has more than MAX_BYTES, of which not many are read."""
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Unusable(Outcome.TOO_LARGE, f"The file has more than {MAX_BYTES // MIB} MiB.")
    return content


class Folder:
    """A folder whose files are read, and none that lies outside of it, whatever its links and their names say.

    It stays open, so that a folder that was moved or unmounted is not taken for an empty one.
    """

    def __init__(self, path: Path) -> None:
        """Raise OSError if it is none."""
        self.path = path.resolve(strict=True)
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def read(self, name: str) -> bytes:
        """Return the file at this path below the folder. Raise Unusable, or StorageError if the disk can't be read."""
        try:
            with open(self._open(name), "rb") as file:  # noqa: PTH123 - a descriptor
                return read_most(file)
        except ValueError:
            raise Unusable(Outcome.REFUSED, "This is no name of a file.") from None
        except OSError as error:
            if error.errno in _LINKED:
                raise Unusable(Outcome.REFUSED, "A link changed while it was read.") from None
            if error.errno in _GONE and self._is_there():
                raise Unusable(Outcome.MISSING, f"The file can't be opened: {error.strerror}.") from None
            raise StorageError(f"The folder {self.path} can't be read: {error.strerror}.") from error

    def _open(self, name: str) -> int:
        """Return a descriptor of a plain file. Its real path is followed from the folder, without any link."""
        real = Path(os.path.realpath(self.path / name))
        if not real.is_relative_to(self.path) or real == self.path:
            raise Unusable(Outcome.REFUSED, "The file lies outside of the folder.")
        *folders, last = PurePosixPath(real.relative_to(self.path)).parts
        descriptor = os.dup(self._descriptor)
        try:
            for part in folders:
                inner = os.open(part, _FLAGS | os.O_DIRECTORY, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            file = os.open(last, _FLAGS, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        _check_plain(file)
        return file

    def _is_there(self) -> bool:
        """Return whether the folder's path still leads to the folder that was opened."""
        with suppress(OSError):
            return os.path.samestat(self.path.stat(), os.fstat(self._descriptor))
        return False


def _check_plain(file: int) -> None:
    found = os.fstat(file)
    fault = None
    if not stat.S_ISREG(found.st_mode):
        fault = Unusable(Outcome.REFUSED, "This is no plain file.")
    elif found.st_size > MAX_BYTES:
        fault = Unusable(Outcome.TOO_LARGE, f"The file has more than {MAX_BYTES // MIB} MiB.")
    if fault is not None:
        os.close(file)
        raise fault
