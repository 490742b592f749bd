"""Where Python keeps the compiled modules of everything that we start. Standard library only."""

from __future__ import annotations

import os
import sys

from localstack.binaries import ROOT

FOLDER = ROOT / ".local" / "bytecode"


def keep_bytecode() -> None:
    """Keep compiled modules in .local/bytecode, for this process and those it starts.

    A process that has to compile Django and web3 first takes more than twice as long to start. uv compiles no package
    when it installs, and PYTHONDONTWRITEBYTECODE, which containers often set, would let no process keep what it
    compiled. It is unset: its purpose, no files beside the sources, is kept.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(FOLDER))
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"]
