"""Even numbers from a seed."""

import hashlib


class Dice:
    """Even numbers from a seed: successive bytes of SHA-256 in counter mode."""

    def __init__(self, seed: str, style: str) -> None:
        self._key = f"{style}\n{seed}".encode("utf-8", "surrogatepass")
        self._bytes = b""
        self._block = 0

    def below(self, limit: int) -> int:
        return int(self.unit() * limit)

    def unit(self) -> float:
        """From 0 up to but not 1, in steps of 2**-16."""
        if len(self._bytes) < 2:
            self._bytes += hashlib.sha256(self._key + self._block.to_bytes(4, "big")).digest()
            self._block += 1
        value, self._bytes = int.from_bytes(self._bytes[:2], "big"), self._bytes[2:]
        return value / 65536
