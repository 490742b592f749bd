"""Webhooks, posted to addresses that people gave."""

from __future__ import annotations

from collections.abc import Mapping

from nft.clients.transport.errors import HOST_BUSY, FetchError
from nft.clients.web.fetch import guarded_http
from nft.settings import conf
from profiles.sources import Posted


class WebhookClient:
    """A PostClient of profiles.sources: the guarded client, with NFT_WEBHOOK_LOCAL."""

    def __init__(self) -> None:
        is_local = conf().webhook_local
        self._paced = guarded_http(local=is_local)
        self._at_once = guarded_http(local=is_local, paced=False)

    def check(self, address: str) -> None:
        """Raise FetchError unless the address may be posted to, judged by its text."""
        self._paced.check(address)

    def post(
        self, address: str, content: bytes, headers: Mapping[str, str], seconds: float, *, is_paced: bool
    ) -> Posted | None:
        """Post JSON. Raise FetchError. Return None if the host's turn has not come."""
        client = self._paced if is_paced else self._at_once
        try:
            return client.post(address, content, headers, seconds)
        except FetchError as error:
            if error.is_a(HOST_BUSY):
                return None
            raise
