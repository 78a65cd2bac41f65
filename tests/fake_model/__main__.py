"""`python -m tests.fake_model --port 11434`: serve until interrupted; the first line of output is the URL."""

import argparse
import asyncio
import contextlib
import signal

import uvloop

from .server import FakeModel


async def main(*, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with FakeModel(host=host, port=port) as fake:
        print(fake.url, flush=True)
        await ended.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A fake model server: Ollama's and OpenAI's protocols.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=11434)
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(main(host=options.host, port=options.port))
