"""Processes that start together prepare together: one does the work, the others find it done."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chatsite import preparation

PROCESSES = 4
PATIENCE_SECONDS = 20
WORK_SECONDS = 0.1


@pytest.fixture
def collected(settings, tmp_path, monkeypatch) -> list[str]:
    """What was run to gather the static files, each time it was; the gathering itself is only played."""
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    monkeypatch.setattr(preparation, "_static_state", lambda: "as it is now")
    runs: list[str] = []

    def call_command(name: str, **options) -> None:
        runs.append(name)
        time.sleep(WORK_SECONDS)

    monkeypatch.setattr(preparation, "call_command", call_command)
    return runs


def test_static_files_are_collected_once_by_whoever_comes_first(collected):
    together = Barrier(PROCESSES)

    def start() -> None:
        together.wait(PATIENCE_SECONDS)
        preparation.collect_static()

    with ThreadPoolExecutor(PROCESSES) as processes:
        for started in [processes.submit(start) for _ in range(PROCESSES)]:
            started.result(PATIENCE_SECONDS)
    assert collected == ["collectstatic"]


def test_static_files_that_changed_are_collected_again(collected, monkeypatch):
    preparation.collect_static()
    preparation.collect_static()
    monkeypatch.setattr(preparation, "_static_state", lambda: "changed since")
    preparation.collect_static()
    assert collected == ["collectstatic", "collectstatic"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_a_start_while_its_process_begins_leaves_none_behind(collected, monkeypatch, number):
    begun = []

    class Begun(subprocess.Popen):
        def __init__(self, command, **how):
            super().__init__([sys.executable, "-c", f"import time; time.sleep({PATIENCE_SECONDS})"], **how)
            begun.append(self.pid)
            os.kill(os.getpid(), number)

    monkeypatch.setattr(subprocess, "Popen", Begun)
    monkeypatch.setattr(preparation, "pending", lambda: ["all of them"])
    usual = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended:
        preparation.prepare_apart()
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) is usual
    with pytest.raises(ProcessLookupError):
        os.kill(begun[0], 0)


@pytest.mark.parametrize("left", [b"", b'"half of a dig', b"\xff"])
def test_a_start_that_was_ended_in_the_middle_keeps_no_later_one_from_starting(collected, settings, left):
    (settings.STATIC_ROOT / "collected.json").write_bytes(left)
    preparation.collect_static()
    preparation.collect_static()
    assert collected == ["collectstatic"]


def test_what_was_half_gathered_is_gathered_anew_and_earlier_versions_stay(collected, settings, monkeypatch):
    played = preparation.call_command
    half = settings.STATIC_ROOT / "chat.js"

    def ended(name: str, **options) -> None:
        half.write_text("export fun")
        raise SystemExit

    preparation.collect_static()
    earlier = settings.STATIC_ROOT / "chat.1.js"
    earlier.write_text("export function")
    monkeypatch.setattr(preparation, "_static_state", lambda: "changed since")
    preparation.collect_static()
    assert earlier.exists()
    monkeypatch.setattr(preparation, "_static_state", lambda: "changed again")
    monkeypatch.setattr(preparation, "call_command", ended)
    with pytest.raises(SystemExit):
        preparation.collect_static()
    monkeypatch.setattr(preparation, "call_command", played)
    preparation.collect_static()
    assert not half.exists()
    assert collected == ["collectstatic"] * 3


@pytest.mark.django_db(transaction=True)
def test_the_database_is_migrated_once_by_whoever_comes_first(collected, monkeypatch):
    monkeypatch.setattr(preparation, "pending", lambda: [] if "migrate" in collected else ["all of them"])
    together, said = Barrier(PROCESSES), []

    def start() -> None:
        together.wait(PATIENCE_SECONDS)
        preparation.migrate(say=said.append)

    with ThreadPoolExecutor(PROCESSES) as processes:
        for started in [processes.submit(start) for _ in range(PROCESSES)]:
            started.result(PATIENCE_SECONDS)
    assert (collected, said) == (["migrate"], ["Preparing the database ..."])
