"""Child processes of `hotline run`: started, restarted with growing patience, stopped in order.

They sit in sessions of their own, so that Ctrl-C reaches only us; when we are killed, Linux tells them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

STEADY_AFTER = 60.0
#: Short: somebody may be on the line, and a start that fails costs two seconds of one core.
LONGEST_WAIT = 8.0
STOP_WITHIN = 15.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A program that should be running."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = 1.0
    again_at: float = field(default=0.0)

    def start(self) -> None:
        self.started = time.monotonic()
        self.again_at = 0.0
        parent = os.getpid()
        self.process = subprocess.Popen(
            list(self.command),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"HOTLINE_RUN_PID": str(parent)},
            preexec_fn=lambda: end_with_parent(parent),
        )

    def look_after(self, say: Callable[[str, float], None]) -> None:
        """Start it again when it ended and its wait is over; `say(name, seconds)` when it ends."""
        now = time.monotonic()
        if self.process is None or self.process.poll() is None:
            return
        if not self.again_at:
            self.wait = 1.0 if now - self.started > STEADY_AFTER else min(self.wait * 2, LONGEST_WAIT)
            self.again_at = now + self.wait
            self.stop_group(signal.SIGKILL)  # what it left behind
            say(self.name, self.wait)
        elif now >= self.again_at:
            self.start()

    def stop_group(self, sign: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, sign)


def stop_all(children: Sequence[Child]) -> None:
    """Politely, then for good."""
    for child in children:
        if child.process is not None and child.process.poll() is None:
            child.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    for child in children:
        if child.process is not None:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(deadline - time.monotonic(), 0.1))
            child.stop_group(signal.SIGKILL)
            child.process.wait()


def end_with_parent(parent: int) -> None:
    """Have the kernel send us SIGTERM when `parent` dies, however it dies (Linux; elsewhere nothing)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died meanwhile
        os.kill(os.getpid(), signal.SIGTERM)
