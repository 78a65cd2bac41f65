"""Start Chatsite: prepare the database and static files, then serve pages, sockets and jobs in one process."""

import asyncio
import gc
import os
import sys

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from chatsite import preparation, processes
from chatsite.jobs import Worker
from chatsite.protocol import BoundedHttp, BoundedSocket
from conversations import runner, sse
from conversations.v1 import caller
from llm import standing

# A WebSocket frame may be this large, in bytes: a question of the largest size with every letter escaped.
FRAME_MAX_BYTES = 1024 * 1024
# A socket that does not answer a ping for this long is gone.
PING_SECONDS = 20.0
# How long a thread may keep the others waiting, in seconds: a database thread that has its answer should not wait the
# usual 5 ms for the event loop to pause.
SWITCH_SECONDS = 0.001
# How long connections may take to close after a stop signal, before running answers are drained.
CLOSE_SECONDS = 3


class Server(uvicorn.Server):
    """uvicorn's server, which says where it is and takes the job worker along."""

    def __init__(self, config: uvicorn.Config, *, worker: Worker | None, say):
        super().__init__(config)
        self.worker = worker
        self.say = say

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets=sockets)
        if self.should_exit:
            return
        if self.worker:
            self.worker.start()
        # What was imported stays: the garbage collector need not walk through it again and again.
        gc.collect()
        gc.freeze()
        host = "127.0.0.1" if self.config.host in {"0.0.0.0", "::"} else self.config.host
        self.say(f"Chatsite is at http://{host}:{self.config.port} (stop it with Ctrl+C)")
        self.telling = asyncio.create_task(self.tell_models())

    async def tell_models(self) -> None:
        """Say what there is to answer with, once the model servers have been asked."""
        if (engine := runner.current()) is not None:
            self.say(standing.summary(await engine.catalog.refresh()))

    async def shutdown(self, sockets=None) -> None:
        engine = runner.current()
        if engine is not None:
            # From here on questions are left to other processes.
            engine.draining = True
        sse.go_down()
        caller.go_down()
        await super().shutdown(sockets=sockets)
        if self.worker:
            self.worker.stop()


class Command(BaseCommand):
    help = "Start Chatsite: migrate, collect static files, then serve pages, sockets and background jobs."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--no-jobs", action="store_true", help="leave jobs to `manage.py run_huey` elsewhere")
        parser.add_argument("--no-prepare", action="store_true", help="the database and static files are ready")

    def handle(self, *, host: str, port: int, no_jobs: bool, no_prepare: bool, **options):
        if not no_prepare:
            preparation.prepare_apart()
        sys.setswitchinterval(SWITCH_SECONDS)
        config = uvicorn.Config(
            "chatsite.asgi:application",
            host=host,
            port=port,
            loop="uvloop",
            http=BoundedHttp,
            ws=BoundedSocket,
            ws_max_size=FRAME_MAX_BYTES,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PING_SECONDS,
            # Compression costs more CPU and memory per socket than our small frames save.
            ws_per_message_deflate=False,
            lifespan="on",
            # Addresses in forwarded headers are read by the apps, and only from PROXY_COUNT proxies.
            proxy_headers=False,
            server_header=False,
            access_log=settings.DEBUG,
            log_config=None,
            timeout_graceful_shutdown=CLOSE_SECONDS,
        )
        with processes.serving():
            Server(config, worker=None if no_jobs else Worker(), say=self.stdout.write).run()
