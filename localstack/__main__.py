"""`python3 -m localstack`: what `make run` does. `… test` and `… lint` do what `make test` and `make lint` do,
`… format` formats all code, `… contracts` compiles and tests the contracts, `… walletconnect` bundles its library,
`… admin` makes an administrator, `… manage ARGUMENTS` runs manage.py on the local stack's data, `… clean-data` forgets
that data."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from localstack import binaries, bootstrap, supervisor, verify
from localstack.binaries import ProgramMissingError
from localstack.bootstrap import SetupError
from localstack.stack import Stack, StackError, read_stack

USAGE = (
    "usage: python3 -m localstack "
    "[run | test [PYTEST ARGUMENTS…] | lint | format | contracts | walletconnect | admin | manage ARGUMENTS… "
    "| clean-data]"
)

CHECKS = {
    "lint": verify.lint,
    "format": verify.format_code,
    "contracts": verify.contracts,
    "walletconnect": verify.walletconnect,
}


def main(arguments: Sequence[str]) -> int:
    began = time.monotonic()
    command, *rest = arguments or ["run"]
    try:
        if command == "test":
            return verify.test(rest)
        if command in CHECKS and not rest:
            return CHECKS[command]()
        stack = read_stack(os.environ)
        if command == "run" and not rest:
            supervisor.check_ports(stack)
            bootstrap.prepare("run")
            return supervisor.run(stack, began)
        if command == "clean-data" and not rest:
            return supervisor.clean(stack)
        if command == "admin" and not rest:
            return _python(stack, "-m", "localstack.admin")
        if command == "manage":
            return _python(stack, "manage.py", *rest)
    except (StackError, SetupError, ProgramMissingError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(USAGE, file=sys.stderr)
    return 2


def _python(stack: Stack, *arguments: str) -> int:
    """A Python program of ours with the running stack's environment."""
    bootstrap.prepare("run")
    command = [binaries.python(), *arguments]
    return subprocess.run(command, cwd=binaries.ROOT, env=dict(stack.environment), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
