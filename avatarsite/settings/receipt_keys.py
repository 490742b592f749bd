"""The local stack's own key for receipts, made once and kept in its data folder."""

from __future__ import annotations

from pathlib import Path

NAME = "receipt_key.pem"


def read_local(folder: Path) -> str:
    """Return the key as PEM, or "" if none was made yet."""
    path = folder / NAME
    return path.read_text(encoding="ascii") if path.exists() else ""


def make_local(folder: Path) -> None:
    """Make a key unless there is one, so that receipts that people kept can still be verified."""
    path = folder / NAME
    if path.exists():
        return
    # Loaded here: only the local stack makes a key, once.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_bytes(pem)
    new.replace(path)
