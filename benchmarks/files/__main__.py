"""`python -m benchmarks.files`: seconds from an uploaded file to all that was read of it, its process included."""

import argparse
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

RUNS = 5


def measure(name: str, data: bytes, *, folder: Path, runs: int) -> tuple[list[float], float, str]:
    """Return the seconds of each run, the processor seconds of one, and in a few words what was read."""
    from conversations import extraction

    source = folder / "upload"
    source.write_bytes(data)
    seconds: list[float] = []
    before = processor()
    for _ in range(runs):
        began = time.perf_counter()
        found = extraction.read(source, name=name)
        seconds.append(time.perf_counter() - began)
    said = (
        f"{found.receipt['characters']:,} characters"
        if "characters" in found.receipt
        else f"{len(found.image or b''):,} B"
    )
    if found.page_images:
        said += f", {len(found.page_images)} pages drawn"
    return seconds, (processor() - before) / runs, said


def processor() -> float:
    """Return the processor seconds of all parsers so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print what each sample takes, and whether it may."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=RUNS)
    runs = arguments.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DATA_DIR=folder, DATABASE_URL="", REDIS_URL="", DJANGO_SETTINGS_MODULE="chatsite.settings")
        from .samples import made

        print("| file | size | median | slowest | may take | processor | read |\n|---|---|---|---|---|---|---|")
        for what, name, data, limit in made():
            seconds, used, said = measure(name, data, folder=Path(folder), runs=runs)
            middle = statistics.median(seconds)
            may = "" if limit is None else f"{limit:g} s{'' if middle <= limit else ', **too slow**'}"
            took = f"{middle:.2f} s | {max(seconds):.2f} s | {may} | {used:.2f} s"
            print(f"| {what} | {len(data) / 1e6:.1f} MB | {took} | {said} |", flush=True)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"\nMeasured on {os.cpu_count()} cores. The largest parser had {most} MB.")


if __name__ == "__main__":
    main()
