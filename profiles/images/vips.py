"""libvips, loaded on first need (a process that sees only JPEGs stays 10 MiB smaller), set up for hostile bytes."""

from functools import cache
from typing import Any

#: libvips' name for its SVG reader; `svg` lets it through for the length of one drawing.
SVG_LOADER = "VipsForeignLoadSvg"


@cache
def load_vips() -> Any:
    """The pyvips module: nothing cached between pictures, and no loader that is not made for hostile input."""
    import pyvips

    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    return pyvips
