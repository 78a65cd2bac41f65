"""Two web processes behind nginx, a worker, PostgreSQL and Redis, started as compose.yaml says."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import yaml

from tests.fake_model import spawn
from tests.support.ports import free_port, wait_for_port
from tests.support.server import share_static
from tests.support.services import Postgres, Redis

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90
# nginx answers with more than a name server of Docker's: here are two addresses instead of it.
WEB = "upstream web {{ {servers} }}"


class House:
    """The processes; `url` is the one address, `web` has those of the web processes."""

    def __init__(self) -> None:
        self.compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
        self.folder = Path(tempfile.mkdtemp(prefix="chatsite-production-"))
        # Whom nginx makes its workers must reach what is in it.
        self.folder.chmod(0o755)
        self.ports = [free_port() for _ in range(self.compose["services"]["web"]["deploy"]["replicas"])]
        self.web = [f"http://127.0.0.1:{port}" for port in self.ports]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "House":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error) -> None:
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
        self._stack.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        postgres, redis = Postgres(), Redis()
        for service in (postgres, redis):
            self._stack.callback(service.close)
            service.start()
        self.fake = self._stack.enter_context(spawn())
        (self.folder / "secret").write_text(secrets.token_hex(32) + "\n")
        (self.folder / "files").mkdir()
        self.environment = self._settings(postgres.create_database("chatsite"), redis.url)
        for number, port in enumerate(self.ports):
            self._run(f"web{number}", self.compose["services"]["web"]["command"], port)
            # As each waits for the one before it to be healthy: the first one migrates.
            self._wait_ready(self.web[number])
        self._run("worker", self.compose["services"]["worker"]["command"])
        self._run_nginx()

    def _settings(self, database: str, redis: str) -> dict[str, str]:
        """Return the environment of the compose file, with the addresses of what runs here."""
        told = {name: _filled_in(str(value)) for name, value in self.compose["x-chatsite"]["environment"].items()}
        del told["SECRET_KEY"]
        return {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}},
            **told,
            # As a secret of Docker's or systemd's is given.
            "SECRET_KEY_FILE": str(self.folder / "secret"),
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "OLLAMA_BASE_URL": self.fake,
            "DEFAULT_MODEL": "paced-50",
            "LOG_FORMAT": "json",
            "METRICS": "true",
            "METRICS_TOKEN": "the token of this check",
            "PYTHONUNBUFFERED": "1",
        }

    def _run(self, name: str, command: str, port: int | None = None) -> None:
        arguments = command.split()
        assert arguments[:2] == ["python", "manage.py"], command
        if port is not None:
            arguments[arguments.index("--host") + 1] = "127.0.0.1"
            arguments[arguments.index("--port") + 1] = str(port)
        data = self.folder / name
        data.mkdir()
        share_static(data)
        # The one folder that compose.yaml lets them share.
        (data / "files").symlink_to(self.folder / "files")
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments[1:]],
                cwd=ROOT,
                env={**self.environment, "DATA_DIR": str(data)},
                stdout=log,
                stderr=log,
            )

    def _wait_ready(self, url: str) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                if httpx.get(f"{url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise TimeoutError(f"{url} does not answer:\n{self.logs()[-4000:]}")

    def _run_nginx(self) -> None:
        """Start nginx with deploy/nginx.conf, in which only where things are is another."""
        text = (ROOT / "deploy/nginx.conf").read_text()
        servers = " ".join(f"server 127.0.0.1:{port};" for port in self.ports)
        for old, new in (
            ("listen 8080;", f"listen 127.0.0.1:{self.port};"),
            ("set $web web:8000;", "set $web web;"),
            ("pid /run/nginx.pid;", f"pid {self.folder}/nginx.pid;"),
            ("    server {\n", f"    {WEB.format(servers=servers)}\n    server {{\n"),
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        written = self.folder / "nginx.conf"
        written.write_text(text)
        with (self.folder / "nginx.log").open("ab") as log:
            command = ["nginx", "-p", str(self.folder), "-c", str(written), "-g", "daemon off;"]
            self.processes["nginx"] = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for_port(self.port, START_SECONDS)

    def logs(self) -> str:
        """Return what all processes have logged."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Return a management command that was run beside the web processes."""
        kept = {**self.environment, "DATA_DIR": str(self.folder / "web0"), **environment}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False)


def _filled_in(value: str) -> str:
    """Return a value of the compose file as Docker fills it in where .env has nothing."""
    return re.sub(r"\$\{[A-Z_]+(?::-|:\?)([^}]*)\}", r"\1", value)
