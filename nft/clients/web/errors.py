"""What can go wrong while fetching. `permanent` says that trying again is of no use.

FetchError
├── UrlRefused          the URL, or a redirect, is none we follow
├── AddressRefused      the host is not on the public internet
├── BodyTooLarge        more bytes than the limit, before or after decompression
├── BadAnswer           a status or an encoding we can't use (permanent by status)
├── HostBusy            its budget of requests is spent for now; nothing was asked
├── FetchTimeout        the total deadline passed
└── HostUnreachable     name, connection or TLS failed
"""

from __future__ import annotations

TEMPORARY_STATUSES = frozenset({408, 425, 429})


class FetchError(Exception):
    permanent = False


class UrlRefused(FetchError):
    permanent = True


class AddressRefused(FetchError):
    permanent = True


class BodyTooLarge(FetchError):
    permanent = True

    def __init__(self, limit: int) -> None:
        super().__init__(f"The file is larger than the limit of {limit:,} bytes.")


class BadAnswer(FetchError):
    def __init__(self, message: str, permanent: bool = True) -> None:
        super().__init__(message)
        self.permanent = permanent

    @classmethod
    def of_status(cls, host: str, status: int) -> BadAnswer:
        temporary = status >= 500 or status in TEMPORARY_STATUSES
        return cls(f"{host} answered with status {status}.", permanent=not temporary)


class HostBusy(FetchError):
    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is asked by too many at the moment; its turn comes.")


class FetchTimeout(FetchError):
    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} did not finish within {seconds:g} seconds.")


class HostUnreachable(FetchError):
    pass
