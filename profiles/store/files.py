"""Store files for objects addressed by their content."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage

#: Prefix of the names of files that are being written; one that remains is from a crash.
DRAFT = ".draft-"


class AtomicFileSystemStorage(FileSystemStorage):
    """Write to a draft beside the target and rename it, so that nobody ever reads half a file, even after a crash.

    Django's own class creates the final name first and fills it afterwards. An existing name is replaced, which is
    harmless only because names here are hashes of the bytes.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=DRAFT)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if self.file_permissions_mode is not None:
                Path(draft).chmod(self.file_permissions_mode)
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return name
