"""The commands behind the Makefile: `python3 -m localstack COMMAND`. `--help` lists them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from localstack import advisories, binaries, bootstrap, dist, docs_site, newest, supervisor, verify
from localstack.binaries import ProgramMissingError
from localstack.bootstrap import SetupError
from localstack.bytecode import keep_bytecode
from localstack.stack import Stack, StackError, read_stack

USAGE = """\
usage: python3 -m localstack [COMMAND]

  run                  run the whole site; the default
  admin                create an administrator and print the password
  manage ARGUMENTS…    run manage.py on the local site's data
  clean-data           delete the local site's data
  test [ARGUMENTS…]    run every test, or pytest with these arguments
  test-long            run the tests that take minutes each, which `test` leaves out
  test-newest [ARGS…]  run tests with the newest versions of all dependencies, or pytest with these arguments
  docs                 build the documentation site
  audit                ask an advisory database about all pinned packages
  count                count what each task costs people, and print it beside the goals
  lint                 check style, format, types, imports, settings and dependencies
  format               format the code
  dist                 build the package for other projects, into dist/
  contracts            compile and test the contracts, and write their artifacts
  walletconnect        bundle WalletConnect's library"""

TESTS = {"test": verify.test, "test-newest": newest.test_newest}

CHECKS = {
    "audit": advisories.audit,
    "docs": docs_site.docs,
    "test-long": verify.test_long,
    "count": verify.count,
    "lint": verify.lint,
    "format": verify.format_code,
    "dist": dist.dist,
    "contracts": verify.contracts,
    "walletconnect": verify.walletconnect,
}


def main(arguments: Sequence[str]) -> int:
    started_at = time.monotonic()
    keep_bytecode()
    command, *rest = arguments or ["run"]
    if command in {"-h", "--help"}:
        print(USAGE)
        return 0
    try:
        if command in TESTS:
            return TESTS[command](rest)
        if command in CHECKS and not rest:
            return CHECKS[command]()
        stack = read_stack(os.environ)
        if command == "run" and not rest:
            supervisor.check_ports(stack)
            bootstrap.prepare("run")
            return supervisor.run(stack, started_at)
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
    """Run one of our Python programs with the stack's environment; return its exit code."""
    bootstrap.prepare("run")
    command = [binaries.python(), *arguments]
    return subprocess.run(command, cwd=binaries.ROOT, env=dict(stack.environment), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
