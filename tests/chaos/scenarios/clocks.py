"""Clocks that jump by an hour, ahead and back, while answers are written: nothing is lost, reaped or doubled."""

import asyncio
import mmap
import shutil
import struct
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.houses import two_processes
from tests.chaos.judge import Verdict
from tests.chaos.trial import LeftOut, Trial

SOURCE = Path(__file__).parent / "clock.c"
HOUR = 3600
PEOPLE = 20
TOKENS = 200
LONGEST_BETWEEN_SECONDS = 4.0


class Clock:
    """The wall clock of one process: `set` moves it while the process runs."""

    def __init__(self, folder: Path, number: int):
        self.path = folder / f"clock-{number}"
        self.path.write_bytes(bytes(8))
        with self.path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)

    def set(self, seconds: int) -> None:
        """Have it show so many seconds more than there are."""
        self._shared[:] = struct.pack("q", seconds)


async def run(times: int) -> Verdict:
    """Set the clock of one of two processes an hour ahead, back or right, so many times."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise LeftOut("there is no C compiler, with which the clock of a process is set")
    with TemporaryDirectory(prefix="chaos-clock-") as name:
        folder = Path(name)
        library = folder / "clock.so"
        compile_it = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)]
        await asyncio.to_thread(subprocess.run, compile_it, check=True)
        clocks = [Clock(folder, number) for number in range(2)]
        first, second = ({"LD_PRELOAD": str(library), "CLOCK_FILE": str(clock.path)} for clock in clocks)
        with two_processes((first, second)) as house:
            trial = Trial(house.site)
            dice = house.site.dice
            async with trial.crowd(PEOPLE, tokens=TOKENS):
                for number in range(times):
                    await asyncio.sleep(dice.uniform(0.5, LONGEST_BETWEEN_SECONDS))
                    trial.fault()
                    # By turns, so that each jump is one.
                    clocks[number % 2].set((HOUR, -HOUR, 0)[number // 2 % 3])
            return await trial.verdict()
