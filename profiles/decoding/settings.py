"""The limits of the decoder's processes."""

from dataclasses import dataclass

from profiles.images.limits import MIB


@dataclass(frozen=True)
class DecoderSettings:
    """Times in seconds, sizes in bytes.

    Processor time is the picture's: a child that uses it up refuses the picture for good. Wall time is the machine's:
    a child that exceeds it with less than `starved_share` of a processor was starved, and the same picture may pass
    later. A child that gets more than that goes on until its processor time is used up, however busy the machine is.
    """

    processes: int = 2
    processor_seconds: int = 10
    svg_processor_seconds: int = 5
    wall_seconds: float = 30.0
    starved_share: float = 0.1
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
