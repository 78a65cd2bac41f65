"""A running engine: llama.cpp's server in a child process, to be asked about itself, killed and started again."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.support.client import wait_for
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20
LOOK_SECONDS = 0.01
# A question of words that are one token each.
QUESTION = " what grows in the garden when rain falls"


class Engine:
    """One port with an engine on it; `url` is its OpenAI address."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.root = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.root}/v1"
        self.log = folder / f"engine-{self.port}.log"
        self.process: subprocess.Popen | None = None

    def start(self, model: Path, *, window: int, slots: int = 2) -> None:
        """Serve a model, with counters that begin at zero; what ran here before is killed."""
        self.kill()
        command = [sys.executable, "-m", "tests.engine.server", "--model", str(model), "--port", str(self.port)]
        command += ["--window", str(window), "--slots", str(slots)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"The engine ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}")
            try:
                if httpx.get(f"{self.root}/health", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"The engine does not answer:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """End it as a crash would (SIGKILL), if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        """Stop it where it is, connections open, as a machine does that has run out of memory."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def asked(self) -> tuple[int, int]:
        """Return how many questions it works on, and how many wait for that."""
        counted = self.counters()
        return int(counted["requests_processing"]), int(counted["requests_deferred"])

    def counters(self) -> dict[str, float]:
        """Return what it has counted since it was started, by llama.cpp's names without their prefix."""
        lines = httpx.get(f"{self.root}/metrics", timeout=10).text.splitlines()
        pairs = (line.split() for line in lines if not line.startswith("#"))
        return {name.removeprefix("llamacpp:"): float(value) for name, value in pairs}

    async def until_idle(self, *, seconds: float) -> None:
        """Return once it has nothing to do; raises TimeoutError."""
        await self.until((0, 0), seconds=seconds)

    async def until(self, asked: tuple[int, int], *, seconds: float) -> None:
        """Return once it works on so many questions while so many wait; raises TimeoutError."""

        async def reached() -> bool:
            return await asyncio.to_thread(self.asked) == asked

        await wait_for(reached, seconds, LOOK_SECONDS)

    def say(self, question: str, *, most: int) -> str:
        """Return the first `most` tokens of its answer, asked for in one piece and without our own code."""
        body = {"messages": [{"role": "user", "content": question}], "max_tokens": most}
        answer = httpx.post(f"{self.url}/chat/completions", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()["choices"][0]["message"]["content"]
