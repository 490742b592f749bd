"""The whole site on one machine: environment, servers, chain, demo tokens. Started by `make run`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python meets
    sys.exit(
        f"avatarsite needs Python 3.11 or later; this is {sys.version.split()[0]} ({sys.executable}). "
        "Name another one: make run PYTHON=python3.12"
    )
