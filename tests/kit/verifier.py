"""The scripts that people download to check receipts, as modules and as programs."""

from __future__ import annotations

import contextlib
import importlib
import io
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from localstack.binaries import ROOT

STATIC = ROOT / "profiles" / "static"
WORDS = ("proved", "NOT PROVED", "not checked", "not claimed", "stated")


def load(name: str) -> Any:
    """Import one of the scripts. They are no package, and not typed for tests."""
    if str(STATIC) not in sys.path:
        sys.path.append(str(STATIC))
    return importlib.import_module(name)


@dataclass(frozen=True)
class Said:
    """What the script printed: for each step its verdict and its sentence."""

    code: int
    out: str
    error: str

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Return verdict, step and sentence of each line."""
        split = [(line[:11].strip(), *line[12:].split(": ", 1)) for line in self.out.splitlines()]
        return [(word, name, sentence) for word, name, sentence in split]

    @property
    def verdicts(self) -> dict[str, str]:
        return {name: word for word, name, _ in self.lines if word in WORDS}

    @property
    def sentences(self) -> dict[str, str]:
        return {name: sentence for _, name, sentence in self.lines}


# Refuses every use of the network, then runs the script that the arguments name.
OFFLINE = """
import runpy, sys
def refuse(event, _):
    if event.startswith("socket."):
        sys.exit(f"the network was used: {event}")
sys.addaudithook(refuse)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def verify_receipt(source: object, *options: object, has_packages: bool = False, offline: bool = False) -> Said:
    """Run the script as people do, with the standard library only, or with the packages of this environment.

    offline: end it, with another exit status than its own, if it uses the network.
    """
    without = [] if has_packages else ["-S"]
    script = [*(["-c", OFFLINE] if offline else []), str(STATIC / "verify_receipt.py")]
    command = [sys.executable, "-I", *without, *script, str(source), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


def verify_receipt_here(source: object, *options: str) -> Said:
    """Run the script in this process, which takes a tenth of the time."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = load("verify_receipt").main([str(source), *options])
    return Said(code, out.getvalue(), error.getvalue())
