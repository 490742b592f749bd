"""The one guard round every stranger's answer: whatever it makes our code raise is the failure of who sent it.

So no answer ends a job with an error that nobody expected, or is taken for a verdict: the caller asks the next server.
"""

from __future__ import annotations

import http.client
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
import urllib3

from profiles.errors import ExpectedError
from profiles.outages import outage_of

log = logging.getLogger(__name__)

Errors = type[ExpectedError] | tuple[type[ExpectedError], ...]
#: What libraries raise for connections that break and for text that is no HTTP, no JSON or no number.
ROUTINE = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
    RecursionError,
)


@contextmanager
def blaming(failure: Callable[[], ExpectedError], *, passing: Errors = ExpectedError) -> Iterator[None]:
    """Raise `failure()` for whatever its block raises while it asks a server and reads the answer.

    passing: errors that the caller tells apart. They stay as they are, and so do outages of parts of our own, and the
    end of a job's time. What our code should have foreseen is logged with its traceback.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, passing) or outage_of(error) is not None or _is_time_limit(error):
            raise
        found = failure()
        if not isinstance(error, (*ROUTINE, ExpectedError)):
            log.exception("An answer met an error that nobody expected. It counts as: %s", found)
        raise found from error


def _is_time_limit(error: Exception) -> bool:
    """Return whether a worker ends a job that takes too long. Only a worker loads the module of this error."""
    module = sys.modules.get("billiard.exceptions")
    return module is not None and isinstance(error, module.SoftTimeLimitExceeded)
