"""What the product costs before anybody has asked anything: time to the first page, memory at rest, size of a page."""

import re
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin

import httpx
import psutil

from tests.support.client import PASSWORD
from tests.support.server import Server

REST_SECONDS = 5
RUNS = 5
LINK = re.compile(r'(?:src|href)="(/static/[^"#]+)|"(/static/[^"]+\.js)"')


def start_seconds(server: Server) -> float:
    """Return the seconds from starting `serve` on a prepared environment to its first page."""
    began = time.perf_counter()
    server.start()
    httpx.get(server.url, timeout=10).raise_for_status()
    return time.perf_counter() - began


def page_bytes(server: Server) -> tuple[int, int]:
    """Return the bytes and the requests of a first chat page with all it loads, as sent."""
    with httpx.Client(base_url=server.url, follow_redirects=True) as browser:
        form = browser.get("/accounts/signup/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
        fields = {"email": "bench@example.org", "password1": PASSWORD, "csrfmiddlewaretoken": token}
        page = browser.post("/accounts/signup/", data=fields, headers={"Referer": server.url})
        assert page.url.path == "/chat/", page.url
        page = browser.get("/chat/")
        total, seen = _sent(page), set()
        for match in LINK.finditer(page.text):
            address = urljoin(server.url, match[1] or match[2])
            if address not in seen:
                seen.add(address)
                total += _sent(browser.get(address))
        return total, len(seen) + 1


def _sent(answer: httpx.Response) -> int:
    answer.raise_for_status()
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
    return head + answer.num_bytes_downloaded


def measure() -> dict:
    """Return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder=Path(folder), LOG_LEVEL="WARNING")
        server.start()
        server.terminate()
        starts = []
        for _ in range(RUNS):
            starts.append(start_seconds(server))
            server.terminate()
        server.start()
        total, requests = page_bytes(server)
        time.sleep(REST_SECONDS)
        process = psutil.Process(server.process.pid)
        family = [process, *process.children(recursive=True)]
        memory = sum(one.memory_info().rss for one in family)
        before = sum(sum(one.cpu_times()[:2]) for one in family)
        time.sleep(REST_SECONDS)
        idle = (sum(sum(one.cpu_times()[:2]) for one in family) - before) / REST_SECONDS
        server.terminate()
        return {
            "start_seconds": round(sorted(starts)[RUNS // 2], 2),
            "rest_mb": round(memory / 1e6),
            "processes": len(family),
            "idle_cpu_percent": round(idle * 100, 1),
            "page_kb": round(total / 1000, 1),
            "page_requests": requests,
        }
