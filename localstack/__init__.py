"""Run the whole site on one machine: environment, servers, chain and demo tokens. `make run` starts it."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python reads this file first
    sys.exit(
        f"avatarsite needs Python 3.11 or later; this is {sys.version.split()[0]} ({sys.executable}). "
        "Choose another one: make run PYTHON=python3.12"
    )
