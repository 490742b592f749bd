"""The parent's handle of one child process: start it, ask it, find out why it ended."""

import contextlib
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from profiles.decoding.pipes import Message, PipeStream, ProtocolError, receive, send
from profiles.decoding.settings import DecoderSettings, TimeLimits
from profiles.images.errors import CRASHED_DECODER, TOO_MUCH_MEMORY, TOO_MUCH_TIME, DecoderUnavailable, ImageRefused
from profiles.sentences import gettext as _

_log = logging.getLogger("profiles.decoding")

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, {root!r}); from profiles.decoding.child import main; main()"

#: The child's whole environment; it holds no secret. glibc: one arena, and large blocks return to the system at once,
#: so that an idle child stays small. libvips: no threads of its own, no temporary files.
_ENVIRONMENT = {
    "FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf")),
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "4194304",
    "VIPS_CONCURRENCY": "1",
    "VIPS_DISC_THRESHOLD": "4g",
}

#: Signals that a decoder causes itself. SIGKILL and SIGTERM come from outside and say nothing about the picture.
_CRASHES = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS}
)

#: What the allocators of Rust, GLib and C++ print before they abort because memory ran out.
_OUT_OF_MEMORY = (b"memory allocation of", b"failed to allocate", b"bad_alloc")

_PIPE_BYTES = 1024 * 1024
_NOT_STARTED = _("Pictures cannot be processed at the moment. Please try again.")
_STARVED = _("The picture could not be processed in time because the machine is busy. Please try again.")


def refusal_for(exit_code: int, processor_seconds: int, printed: bytes = b"") -> ImageRefused | None:
    """Return the refusal that a child's exit code means for its picture, None if the picture is not to blame.

    `exit_code` is that of subprocess: negative for a signal. `printed` is what the child printed last.
    """
    if exit_code == -signal.SIGXCPU:
        return _refuse_for_time(processor_seconds)
    if -exit_code in _CRASHES and any(words in printed for words in _OUT_OF_MEMORY):
        return ImageRefused(_("This picture takes more memory to decode than we allow."), TOO_MUCH_MEMORY)
    if -exit_code in _CRASHES:
        return ImageRefused(_("This picture's file is damaged in a way that breaks the decoder."), CRASHED_DECODER)
    return None


def _refuse_for_time(processor_seconds: int) -> ImageRefused:
    return ImageRefused(
        _(
            "This picture takes too much work to decode: our limit is %(processor_seconds)s seconds of processor time.",
            processor_seconds=processor_seconds,
        ),
        TOO_MUCH_TIME,
    )


class Child:
    """One running child. Not safe for two threads at once; the pool lends it to one at a time."""

    def __init__(self, settings: DecoderSettings) -> None:
        """Start the child and wait until it is ready. Raise `DecoderUnavailable`."""
        self._settings = settings
        self._process = _start_process(settings)
        self.retired = False
        reading, writing, printed = self._process.stdout, self._process.stdin, self._process.stderr
        if reading is None or writing is None or printed is None:
            raise DecoderUnavailable(_NOT_STARTED)
        os.set_blocking(writing.fileno(), False)
        os.set_blocking(printed.fileno(), False)
        self._printed = printed.fileno()
        _enlarge(writing.fileno(), reading.fileno())
        self._stream = PipeStream(reading.fileno(), writing.fileno())
        self._stream.expire_in(settings.start_seconds)
        try:
            self.confined = bool(receive(self._stream).body.get("confined"))
        except (ProtocolError, TimeoutError) as error:
            self.end()
            raise DecoderUnavailable(_NOT_STARTED) from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, message: Message, limits: TimeLimits) -> Message:
        """Return the child's answer. After any error the caller must `end` the child.

        Raises `ImageRefused` if the picture ended the child, `ProtocolError` if anything else did, and
        `DecoderUnavailable` if the machine left the child no time.
        """
        self._read_printed()
        self._stream.expire_in(limits.wall)
        try:
            send(self._stream, message)
            self._wait_for_answer(limits)
            answer = receive(self._stream)
        except TimeoutError as error:
            raise DecoderUnavailable(_STARVED) from error
        except ProtocolError as error:
            exit_code = self._wait_for_exit()
            _log.warning("The decoder's child exited with %s while it decoded a picture", exit_code)
            if refusal := refusal_for(exit_code, limits.processor, self._read_printed()):
                raise refusal from error
            raise
        self.retired = bool(answer.body.get("last"))
        return answer

    def _wait_for_answer(self, limits: TimeLimits) -> None:
        """Wait until the child answers or ends.

        After the wall time raise `ImageRefused` if the child got half of its processor time, and TimeoutError if the
        machine starved it.
        """
        spent = _processor_time(self.pid)
        if not self._stream.wait_readable(limits.wall):
            if 2 * (_processor_time(self.pid) - spent) >= limits.processor:
                raise _refuse_for_time(limits.processor)
            raise TimeoutError
        self._stream.expire_in(limits.wall)

    def _read_printed(self) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(self._printed, _PIPE_BYTES)
        return b""

    def _wait_for_exit(self) -> int:
        try:
            return self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:  # it sent no valid message, but runs
            self._process.kill()
            self._process.wait()
            return 1

    def end(self) -> None:
        """Kill the child if it still runs, and release everything it held."""
        self._process.kill()
        self._close_pipes()
        self._process.wait()

    def abandon(self) -> None:
        """In a fork of the process that started the child: close the pipes and leave the child running."""
        self._close_pipes()
        self._process.returncode = 0  # only its own parent can wait for it

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def _processor_time(pid: int) -> float:
    """Return the seconds of processor time that a process has used, 0 where the system can't tell."""
    with contextlib.suppress(OSError):
        return time.clock_gettime(~pid << 3 | 2)  # clock_getcpuclockid(3) of Linux
    return 0.0


def _enlarge(*pipes: int) -> None:
    """Let a pipe hold _PIPE_BYTES: a picture passes with fewer switches between the processes."""
    for pipe in pipes:
        with contextlib.suppress(AttributeError, OSError):  # Linux only, and limited for each user
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _start_process(settings: DecoderSettings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-c", _START.format(root=str(_ROOT)), json.dumps(asdict(settings))]
    try:
        return subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the parent, which then ends its children
        )
    except OSError as error:
        _log.exception("The decoder's child could not be started")
        raise DecoderUnavailable(_NOT_STARTED) from error
