"""`python -m benchmarks.load [streams|many|idle|sign-ins|day ...]`: what one machine bears; all of it if none is named.

Everything is on this machine: the clients, the model server, PostgreSQL and Redis take their part of it. `--share 0.1`
takes a tenth of the size and of the time; `streams` can be given others with `--streams`, `--rate` and `--seconds`.
"""

import argparse
import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path

from . import arriving, chart, holding, house


def measurements(share: float, form: str, **own: int) -> dict[str, Callable[[], Coroutine]]:
    """Return what is measured, by name, at a share of its whole size; `own` is what `streams` is given instead."""

    def of(size: int, least: int = 1) -> int:
        return max(least, round(size * share))

    return {
        "streams": lambda: holding.streams(
            **{"count": of(300), "rate": 50, "seconds": of(300, 20), "form": form, **own},
        ),
        "many": lambda: holding.streams(count=of(1000), rate=10, seconds=of(120, 20), form=form),
        "idle": lambda: holding.idle(sockets=of(10_000), seconds=of(30, 5)),
        "sign-ins": lambda: arriving.sign_ins(per_minute=of(500, 60), seconds=of(60, 10)),
        "day": lambda: arriving.day(people=of(60, 2), seconds=of(180, 20)),
    }


def main() -> None:
    """Measure, and print a line of figures for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = list(measurements(1, ""))
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(names)}")
    parser.add_argument("--share", type=float, default=1.0, help="how much of the whole size (1)")
    parser.add_argument("--streams", type=int, dest="count", help="how many streams (300)")
    parser.add_argument("--rate", type=int, help="how many tokens a second each of them has: 10 or 50 (50)")
    parser.add_argument("--seconds", type=int, help="for how long (300)")
    parser.add_argument("--form", default="html", choices=["html", "text"], help="what the streams are read as")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--svg", type=Path, help="a file for a picture of the latencies of the day")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(names):
        parser.error(f"There is no {', '.join(sorted(unknown))}.")
    told = house.machine()
    print(house.said("machine", told), flush=True)
    found = {}
    own = {name: value for name in ("count", "rate", "seconds") if (value := getattr(chosen, name)) is not None}
    for name, measure in measurements(chosen.share, chosen.form, **own).items():
        if not chosen.names or name in chosen.names:
            found[name] = asyncio.run(measure())
            print(house.said(name, found[name]), flush=True)
    if "day" in found:
        print(f"\n{chart.table(found['day']['latencies'], found['day']['done'])}")
    if chosen.svg and "day" in found:
        chosen.svg.write_text(chart.svg(found["day"]["latencies"]))
    if chosen.json:
        chosen.json.write_text(json.dumps({"machine": told, "share": chosen.share, **found}, indent=2) + "\n")


if __name__ == "__main__":
    # Whoever ends it finds no process left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
