"""`python -m tests.chaos [name ...]`: do harm to whole installations, and say which promises held.

A whole run takes two hours; `--share 0.1` does each thing a tenth as often. Ends with 1 if a promise was broken.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
import traceback
from pathlib import Path

from tests.chaos import report
from tests.chaos.judge import Verdict
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.trial import LeftOut
from tests.support.services import postgres_binaries, redis_binary


async def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join(SCENARIOS)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {names}; all of them if left out")
    parser.add_argument("--share", type=float, default=1.0, help="how much of the full size (1)")
    parser.add_argument("--json", type=Path, help="a file for the report as JSON")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(SCENARIOS):
        parser.error(f"There is no {', '.join(sorted(unknown))}; there are {names}.")
    if not (postgres_binaries() and redis_binary()):
        print("PostgreSQL and Redis have to be installed.")
        return 2
    run = report.of_the_run(chosen.share)
    print(f"Commit {run['commit']}, {run['cores']} cores, load {run['load']} before, share {chosen.share}", flush=True)
    verdicts: dict[str, Verdict] = {}
    left_out: dict[str, str] = {}
    for name in chosen.names or SCENARIOS:
        scenario = SCENARIOS[name]
        times, began = max(1, round(scenario.times * chosen.share)), time.monotonic()
        try:
            verdicts[name] = await scenario.run(times)
        except LeftOut as why:
            left_out[name] = str(why)
            print(f"{name}: left out, because {why}", flush=True)
        except Exception:
            # The others can be run all the same.
            verdicts[name] = Verdict(broken=["it could not be run"])
            traceback.print_exc()
        else:
            print(report.as_text(name, verdicts[name], time.monotonic() - began), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(report.as_json(run, verdicts, left_out), indent=2) + "\n")
    broken = [name for name, verdict in verdicts.items() if verdict.broken]
    print(f"Not as promised: {', '.join(broken)}." if broken else f"As promised: {', '.join(verdicts)}.")
    return 1 if broken else 0


if __name__ == "__main__":
    # Whoever ends it finds no process left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(asyncio.run(main()))
