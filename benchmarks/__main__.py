"""`make bench`: the figures of the README, as the table that stands there."""

import json
import os
import subprocess
import sys

from . import rest


def streaming(*arguments: str) -> dict[str, dict]:
    """Return the figures of one run of `benchmarks.streaming`, by what was measured."""
    command = [sys.executable, "-m", "benchmarks.streaming", *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    print(printed, file=sys.stderr)
    found = (line.partition(" ") for line in printed.splitlines() if line.partition(" ")[2].startswith("{"))
    return {name: json.loads(figures) for name, _, figures in found}


def main() -> None:
    """Measure everything and print the table."""
    still = rest.measure()
    print(json.dumps(still), file=sys.stderr)
    load = streaming()
    many = streaming("--sockets", "300", "--only", "product")["product"]
    product, relay, direct = load["product"], load["relay"], load["direct"]
    ratio = product["cpu_us_per_token"] / relay["cpu_us_per_token"]
    rows = [
        ("CPU per delivered token, kept and rendered; 100 sockets × 50 tokens/s", f"{product['cpu_us_per_token']} µs"),
        ("the same through a bare relay that keeps and renders nothing", f"{relay['cpu_us_per_token']} µs"),
        ("ratio", f"{ratio:.2f}"),
        ("time to the first token, p50 / p99", f"{product['first_p50_ms']} / {product['first_p99_ms']} ms"),
        ("the same straight from the model server", f"{direct['first_p50_ms']} / {direct['first_p99_ms']} ms"),
        ("300 streams × 50 tokens/s: share of one core", f"{many['core_share'] * 100:.0f} %"),
        ("300 streams: answers complete, longest pause", f"{many['answers']}, {many['longest_gap_ms']} ms"),
        ("memory at rest, all processes", f"{still['rest_mb']} MB in {still['processes']}"),
        ("CPU at rest", f"{still['idle_cpu_percent']} % of a core"),
        ("`serve` to the first page", f"{still['start_seconds']} s"),
        ("first chat page, everything loaded", f"{still['page_kb']} KB in {still['page_requests']} requests"),
    ]
    print(f"Measured on {os.cpu_count()} cores, clients and model server included.\n")
    print("| what | measured |\n|---|---|")
    for what, measured in rows:
        print(f"| {what} | {measured} |")


if __name__ == "__main__":
    main()
