"""The fake model server in a process of its own, for tests and benchmarks that must not share a loop with it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 10


@contextmanager
def spawn(*, port: int = 0) -> Iterator[str]:
    """Run the server in a child process and give its URL; port 0 takes a free one."""
    command = [sys.executable, "-m", "tests.fake_model", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("The fake model server did not start")
            yield url
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
