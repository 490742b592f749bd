"""Processes that only serve pictures stay free of what only the decoder's child needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from importlib import import_module
from pkgutil import walk_packages
import profiles.decoding, profiles.images
for package in (profiles.decoding, profiles.images):
    for module in walk_packages(package.__path__, package.__name__ + "."):
        import_module(module.name)
print(*sorted({{"django", "pyvips", "requests"}} & set(sys.modules)))
"""


def test_importing_all_modules_loads_neither_libvips_nor_django() -> None:
    script = SCRIPT.format(root=str(Path(__file__).parents[3]))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
