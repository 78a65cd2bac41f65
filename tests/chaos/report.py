"""What a run found, as text and as JSON."""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from tests.chaos.judge import SENTENCES, SETTLED_SECONDS, TAIL_SECONDS, Verdict

ROOT = Path(__file__).resolve().parents[2]


def of_the_run(share: float) -> dict:
    """Return where and of what this run is: share of the full size, commit, cores, load and date."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "share": share,
        "commit": commit.stdout.strip() or "unknown",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d"),
    }


def as_json(run: dict, verdicts: Mapping[str, Verdict], left_out: Mapping[str, str]) -> dict:
    """Return everything, for programs."""
    return {**run, "scenarios": {name: asdict(verdict) for name, verdict in verdicts.items()}, "left_out": left_out}


def as_text(name: str, verdict: Verdict, seconds: float) -> str:
    """Return the lines of one scenario: a count for each promise, then what did not hold."""
    lines = [
        f"{name}: {verdict.faults} faults, {verdict.questions} questions, {seconds:.0f} s",
        f"  met {verdict.refusals} refusals and {verdict.losses} lost connections",
        f"  acknowledged {verdict.acknowledged}, of them lost {verdict.lost}, doubled {verdict.doubled}",
        f"  kept in part {verdict.partials}, of them no exact prefix {verdict.partials_inexact},"
        f" longest tail {verdict.longest_tail_seconds:.2f} s (at most {TAIL_SECONDS})",
        f"  finished {verdict.finals}, of them inexact {verdict.finals_inexact}, not finished {verdict.unfinished}",
        f"  read {verdict.reads} times, of them differing {verdict.reads_differing},"
        f" settled within {verdict.longest_settled_seconds:.1f} s (at most {SETTLED_SECONDS:.0f})",
    ]
    lines += [f"  BROKEN: {sentence}" for sentence in verdict.broken[:SENTENCES]]
    if (more := len(verdict.broken) - SENTENCES) > 0:
        lines.append(f"  and {more} more")
    return "\n".join(lines)
