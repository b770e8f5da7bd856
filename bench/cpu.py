"""Processor time and memory by part. What a request costs depends little on who else uses the machine; its rate does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Parts:
    """The processes whose time is counted; `postgres` is the server's first process, the others are its children."""

    app: int
    postgres: int

    def seconds(self) -> Mapping[str, float]:
        """Processor seconds used so far by `web`, `worker` (the timetable), `postgres` and `load`, this process."""
        own = os.times()
        by_part = {True: 0.0, False: 0.0}
        for process in _family(self.app):
            by_part["hotline.cli worker" in " ".join(process.cmdline())] += _of(process)
        return {
            "web": by_part[False],
            "worker": by_part[True],
            "postgres": sum(map(_of, _family(self.postgres))),
            "load": own.user + own.system,
        }

    def memory(self) -> dict[str, object]:
        """Proportional set size in MB: a page that several processes share is counted once among them."""
        found = {
            name: sorted(mb for process in _family(pid) if (mb := _megabytes(process)))
            for name, pid in (("hotline", self.app), ("postgres", self.postgres))
        }
        return {
            "all_mb": sum(map(sum, found.values())),
            "parts": "; ".join(
                f"{name} {sum(mb):.0f} in {len(mb)} processes, the largest {', '.join(f'{x:.0f}' for x in mb[-3:])}"
                for name, mb in found.items()
            ),
        }


def server_of(backend: int) -> int:
    """The first process of the server whose connection has the process id `backend`."""
    return int(psutil.Process(backend).ppid())


def milliseconds(before: Mapping[str, float], after: Mapping[str, float], requests: int) -> dict[str, float]:
    """Processor milliseconds a request between two readings."""
    return {part: (after[part] - before[part]) * 1000 / max(1, requests) for part in after}


def _family(pid: int) -> Iterable[psutil.Process]:
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def _of(process: psutil.Process) -> float:
    """Its own time and that of children it has waited for, or a connection's end would make time go backwards."""
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def _megabytes(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        return float(process.memory_full_info().pss / 1e6)
    return 0.0
