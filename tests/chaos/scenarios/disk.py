"""A disk that is full for a while: questions are refused with a word, answers go on and are whole in the end."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.houses import one_process
from tests.chaos.judge import Verdict
from tests.chaos.trial import LeftOut, Trial

MEGABYTES = 64
PIECE = b"\0" * 65_536
PEOPLE = 10
TOKENS = 200
LONGEST_FULL_SECONDS = 4.0
LONGEST_BETWEEN_SECONDS = 4.0


async def run(times: int) -> Verdict:
    """Fill the disk with the database so many times, to the last byte, and make room again each time."""
    with small_disk() as folder, one_process(folder) as site:
        trial = Trial(site)
        async with trial.crowd(PEOPLE, tokens=TOKENS):
            for _ in range(times):
                await asyncio.sleep(site.dice.uniform(0.5, LONGEST_BETWEEN_SECONDS))
                trial.fault()
                until = asyncio.get_running_loop().time() + site.dice.uniform(0.5, LONGEST_FULL_SECONDS)
                while asyncio.get_running_loop().time() < until:
                    # Again and again: what the server gives back is taken too.
                    await asyncio.to_thread(fill, folder / "ballast")
                    await asyncio.sleep(0.02)
                (folder / "ballast").unlink()
                trial.healed()
        return await trial.verdict()


@contextmanager
def small_disk() -> Iterator[Path]:
    """Give a folder on a disk of its own, in memory; raises LeftOut where that is not permitted."""
    with TemporaryDirectory(prefix="chaos-disk-") as folder:
        size = f"size={MEGABYTES}m"
        mount = ["mount", "-t", "tmpfs", "-o", size, "chaos", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            raise LeftOut("a small disk in memory may not be mounted here")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(ballast: Path) -> None:
    """Write until nothing more goes in."""
    with ballast.open("ab", buffering=0) as file:
        for size in (len(PIECE), 4096):
            with contextlib.suppress(OSError):
                while file.write(PIECE[:size]) == size:
                    pass
