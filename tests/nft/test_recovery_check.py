"""The system check refuses a secp256k1 library that recovers wrong keys."""

from typing import Any

import coincurve
import pytest

from nft.checks import check_recovery


def test_the_installed_library_recovers_a_known_signature() -> None:
    assert check_recovery(None) == []


def test_a_library_that_fails_or_is_wrong_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        @staticmethod
        def from_signature_and_message(*arguments: Any, **more: Any) -> Any:
            raise OSError("no libsecp256k1")

    class Wrong:
        @staticmethod
        def from_signature_and_message(*arguments: Any, **more: Any) -> Any:
            return coincurve.PrivateKey(b"\1" * 32).public_key

    for library, said in ((Broken, "no libsecp256k1"), (Wrong, "another address")):
        monkeypatch.setattr(coincurve, "PublicKey", library)
        (error,) = check_recovery(None)
        assert error.id == "nft.E001"
        assert said in error.msg
