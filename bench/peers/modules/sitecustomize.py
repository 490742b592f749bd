"""Write the names of all imported modules to BENCH_MODULES/<pid>, every half second, from a thread of each process.

Python imports this module by itself at start-up where its folder is in PYTHONPATH. Forked processes get a thread of
their own. A file is complete or absent, because it is renamed into place.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

_FOLDER = Path(os.environ["BENCH_MODULES"])


def _write_forever() -> None:
    while True:
        target = _FOLDER / str(os.getpid())
        new = target.with_suffix(".new")
        new.write_text("\n".join(sorted(set(sys.modules))), encoding="utf-8")
        new.replace(target)
        time.sleep(0.5)


def _start() -> None:
    threading.Thread(target=_write_forever, daemon=True).start()


_start()
os.register_at_fork(after_in_child=_start)
