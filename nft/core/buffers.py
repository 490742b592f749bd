"""The type of bytes that are only read: slices of a `memoryview` copy nothing."""

from __future__ import annotations

Bytes = bytes | bytearray | memoryview
