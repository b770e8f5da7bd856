"""A short run of `python -m bench.faults`: kills in the middle of the work leave every log whole and tell everybody once."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from core.settings import ROOT

KILLS = 3


@pytest.mark.stress
@pytest.mark.xdist_group("run")
def test_kills_in_the_middle_of_the_work_leave_everything_whole() -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-faults-") as name:
        Path(name).chmod(0o755)
        command = ["--kills", str(KILLS), "--clients", "8", "--tickets", "12", "--var", f"{name}/var"]
        done = subprocess.run(
            [sys.executable, "-m", "bench.faults", *command],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "everybody was told once" in done.stdout
