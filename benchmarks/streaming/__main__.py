"""`python -m benchmarks.streaming`: N sockets at R tokens/s through the real server and through a bare relay."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.fake_model.process import spawn
from tests.support.ports import free_port, wait_for_port
from tests.support.server import Server

ROOT = Path(__file__).resolve().parents[2]


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time a process and its children have used."""
    return sum(sum(one.cpu_times()[:2]) for one in [process, *process.children(recursive=True)])


def rss_megabytes(process: psutil.Process) -> float:
    """Return the memory of a process and its children."""
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 1e6


def run_load(process: psutil.Process | None, **told) -> dict:
    """Return the readers' figures, with what the server's process used meanwhile."""
    command = [sys.executable, "-m", "benchmarks.streaming.load"]
    load = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    load.stdin.write(json.dumps(told) + "\n")
    load.stdin.flush()
    load.stdout.readline()
    before = cpu_seconds(process) if process else 0.0
    began = time.perf_counter()
    load.stdin.write("go\n")
    load.stdin.flush()
    figures = json.loads(load.stdout.readline())
    took = time.perf_counter() - began
    used = (cpu_seconds(process) if process else 0.0) - before
    load.wait()
    figures["cpu_us_per_token"] = round(used / max(1, figures["tokens"]) * 1e6, 1)
    figures["core_share"] = round(used / took, 2)
    if process:
        figures["rss_mb"] = round(rss_megabytes(process))
    return figures


@contextmanager
def relay_server(fake: str):
    """Serve the bare relay with the same uvicorn settings as the product."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.streaming.relay:application", "--port", str(port)]
    command += ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--lifespan", "off"]
    command += ["--loop", "uvloop", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OLLAMA_BASE_URL": fake})
    try:
        wait_for_port(port, 20)
        yield psutil.Process(process.pid), f"ws://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sockets", type=int, default=100)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=1000)
    parser.add_argument("--form", default="html", choices=["html", "text"])
    parser.add_argument(
        "--only", default="", help="one of: direct, relay, product, sse (beside the socket, both as text)"
    )
    options = parser.parse_args()
    question = f"Tell me about tides. tokens={options.tokens}"
    told = {
        "model": f"paced-{options.rate}",
        "question": question,
        "tokens": options.tokens,
        "sockets": options.sockets,
    }
    results = {}
    with spawn() as fake:
        if options.only in {"", "direct"}:
            results["direct"] = run_load(None, kind="direct", address=fake, open_seconds=1, **told)
        if options.only in {"", "relay"}:
            with relay_server(fake) as (process, address):
                results["relay"] = run_load(process, kind="relay", address=address, open_seconds=2, **told)
        if options.only in {"", "product"}:
            results["product"] = run_product(fake, "product", options.form, told)
        if options.only in {"", "sse"}:
            # Asked in the same way, so that only the reading differs.
            for kind in ("socket", "sse"):
                results[kind] = run_product(fake, kind, "text", told)
    for name, figures in results.items():
        print(name, json.dumps(figures))
    if {"relay", "product"} <= set(results):
        ratio = results["product"]["cpu_us_per_token"] / results["relay"]["cpu_us_per_token"]
        print(f"CPU per delivered token, against the bare relay: {ratio:.2f}")
    if "sse" in results:
        ratio = results["sse"]["cpu_us_per_token"] / results["socket"]["cpu_us_per_token"]
        print(f"CPU per delivered token over HTTP, against the socket: {ratio:.2f}")


def tokens_of_people(server: Server, count: int) -> list[str]:
    """Return a token for each of so many people: each reader is somebody else, who has one page open."""
    script = (
        "import json; from accounts import tokens; from accounts.models import User\n"
        f"made = [User.objects.create_user('reader-%d@example.org' % number) for number in range({count})]\n"
        "print(json.dumps([tokens.issue(user=each, client='benchmark').access for each in made]))"
    )
    return json.loads(server.manage("shell", "-v", "0", "-c", script).splitlines()[-1])


def run_product(fake: str, kind: str, form: str, told: dict) -> dict:
    """Return the product's figures, in embedded mode, for readers of this kind."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder=Path(folder), OLLAMA_BASE_URL=fake, SOCKETS_PER_USER="100000", LOG_LEVEL="WARNING")
        server.start()
        try:
            people = tokens_of_people(server, told["sockets"])
            # A first, short answer loads what is loaded once.
            warm = {**told, "question": "Hello tokens=20", "tokens": 20, "sockets": 1}
            address = {"kind": kind, "address": server.socket_url, "people": people, "form": form}
            process = psutil.Process(server.process.pid)
            run_load(process, open_seconds=1, **address, **warm)
            return run_load(process, open_seconds=2 + told["sockets"] / 50, **address, **told)
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
