"""The parent's end of one child process: start it, ask it, learn how it died."""

import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from profiles.decoding.messages import Expired, PipeStream
from profiles.images.errors import DecoderUnavailable, ImageRefused, Reason

from .messages import Message, ProtocolError, receive, send
from .settings import DecoderSettings

_log = logging.getLogger("profiles.decoding")

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, {root!r}); from profiles.decoding.child import main; main()"

#: All the child's environment. No secret of ours is in it. glibc: one arena, and large blocks go back to the
#: system at once, so that a warm child stays small. libvips: no threads of its own, no temporary files.
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "4194304",
    "VIPS_CONCURRENCY": "1",
    "VIPS_DISC_THRESHOLD": "4g",
}

#: Signals a decoder earns by itself. SIGKILL and SIGTERM come from outside and say nothing of the picture.
_CRASHES = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS}
)


class WorkerDied(Exception):
    """The child ended before it answered; ``exit_code`` as of subprocess, negative for a signal."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"the decoder's child ended with {exit_code}")
        self.exit_code = exit_code


def refusal_for(exit_code: int, processor_seconds: int) -> ImageRefused | None:
    """The refusal a death on this picture means, or None where the picture is not to blame."""
    if exit_code == -signal.SIGXCPU:
        return ImageRefused(
            Reason.TOO_MUCH_TIME, f"This picture takes more than {processor_seconds} seconds to decode, our limit."
        )
    if -exit_code in _CRASHES:
        return ImageRefused(Reason.CRASHED_DECODER, "This picture's file is damaged in a way that breaks the decoder.")
    return None


class Worker:
    """One warm child. Not safe for two threads at once; the pool lends it to one at a time."""

    def __init__(self, settings: DecoderSettings) -> None:
        """Start the child and wait for its greeting; raises `DecoderUnavailable`."""
        self._settings = settings
        self._process = _start_process(settings)
        self.retired = False
        reading, writing = self._process.stdout, self._process.stdin
        if reading is None or writing is None:
            raise DecoderUnavailable("Pictures cannot be processed at the moment. Please try again.")
        os.set_blocking(writing.fileno(), False)
        self._stream = PipeStream(reading.fileno(), writing.fileno())
        try:
            self.confined = bool(self._converse(None, settings.start_seconds).body.get("confined"))
        except (WorkerDied, Expired) as error:
            self.end()
            raise DecoderUnavailable("Pictures cannot be processed at the moment. Please try again.") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, message: Message) -> Message:
        """The child's answer; raises `WorkerDied`, or `Expired` after the wall time. Either way: `end` it."""
        answer = self._converse(message, self._settings.wall_seconds)
        self.retired = bool(answer.body.get("last"))
        return answer

    def _converse(self, message: Message | None, seconds: float) -> Message:
        self._stream.expire_in(seconds)
        try:
            if message is not None:
                send(self._stream, message)
            return receive(self._stream)
        except (ProtocolError, BrokenPipeError) as error:
            raise WorkerDied(self._wait_for_exit()) from error

    def _wait_for_exit(self) -> int:
        try:
            return self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:  # it talks nonsense but lives
            self._process.kill()
            self._process.wait()
            return 1

    def end(self) -> None:
        """Kill the child if it still runs, and leave nothing of it behind."""
        self._process.kill()
        self._close_pipes()
        self._process.wait()

    def abandon(self) -> None:
        """For a fork of the process that started the child: let go of the pipes, leave the child alone."""
        self._close_pipes()
        self._process.returncode = 0  # it is not ours to wait for

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _start_process(settings: DecoderSettings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-c", _START.format(root=str(_ROOT)), json.dumps(asdict(settings))]
    try:
        return subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the parent, which then lets its children go
        )
    except OSError as error:
        _log.exception("The decoder's child could not be started")
        raise DecoderUnavailable("Pictures cannot be processed at the moment. Please try again.") from error
