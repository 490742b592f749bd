"""The limits of the decoder's processes."""

from __future__ import annotations

from dataclasses import dataclass

from profiles.images.limits import MIB


@dataclass(frozen=True)
class TimeLimits:
    """The seconds one picture may take."""

    processor: int
    wall: float


@dataclass(frozen=True)
class DecoderSettings:
    """Times in seconds, sizes in bytes.

    Processor time is the picture's: one that uses it up, or half of it before the wall time ends, is refused for good.
    Wall time is the machine's: a child that got less of a processor until then was starved, and the same picture may
    pass later. Drawings are decoded by jobs, which can wait for longer than a person.
    """

    processes: int = 2
    processor_seconds: int = 10
    svg_processor_seconds: int = 3
    wall_seconds: float = 30.0
    svg_wall_seconds: float = 70.0
    start_seconds: float = 20.0
    #: How long a caller waits for a free child.
    wait_seconds: float = 20.0
    #: All memory that a child may hold, its code included.
    memory: int = 256 * MIB
    #: Also counts files mapped but not loaded, and reservations.
    address_space: int = 640 * MIB
    open_files: int = 64
    #: A child ends itself after so many pictures, when it stays larger than `retire_bytes`, and when it was idle for
    #: `idle_seconds`.
    pictures_per_child: int = 500
    retire_bytes: int = 160 * MIB
    idle_seconds: float = 300.0

    def time_limits(self, *, drawing: bool) -> TimeLimits:
        if drawing:
            return TimeLimits(self.svg_processor_seconds, self.svg_wall_seconds)
        return TimeLimits(self.processor_seconds, self.wall_seconds)
