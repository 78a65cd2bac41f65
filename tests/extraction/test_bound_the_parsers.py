"""A parser's process has little time and memory, no network, no secrets, and nothing that outlives it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from conversations import extraction
from conversations.extraction import process

from .pdfs import lines, simple

ROOT = Path(__file__).resolve().parents[2]


def say(extract, parser_that, expression: str):
    """Return what an expression is inside the parser's process."""
    parser_that(
        f"""
        import json
        answer.read([[json.dumps({expression}), None, ""]], Receipt())
        answer.end()
        """
    )
    return json.loads(extract(b"text", "a.txt").sections[0].text)


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    """Return the folder in which temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


# -- What it has ------------------------------------------------------------------------------------------------------


def test_it_has_no_variables(extract, parser_that, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    assert set(say(extract, parser_that, "dict(os.environ)")) <= {"LC_CTYPE"}


def test_it_has_no_open_files_but_its_own(extract, parser_that):
    with socket.socket() as mine:
        mine.set_inheritable(True)
        opened = say(
            extract,
            parser_that,
            "[os.readlink(f'/proc/self/fd/{n}') for n in range(3, 32) if os.path.exists(f'/proc/self/fd/{n}')]",
        )
    assert opened == []


def test_it_is_in_a_folder_of_its_own_that_goes_with_it(extract, parser_that, temporary):
    where = say(extract, parser_that, "[os.getcwd(), os.listdir()]")
    assert Path(where[0]).parent == temporary
    assert where[1] == []
    assert list(temporary.iterdir()) == []


def test_what_it_writes_goes_with_it(extract, parser_that, temporary):
    parser_that("open('left-behind', 'w').write('x'); os.mkdir('deeper'); answer.read([], Receipt()); answer.end()")
    extract(b"text", "a.txt")
    assert list(temporary.iterdir()) == []


def test_it_cannot_fill_the_disk(refusal, parser_that):
    parser_that(
        """
        with open("large", "wb") as file:
            for _ in range(200):
                file.write(bytes(1_000_000))
        """
    )
    assert refusal(b"text", "a.txt") in {"corrupt", "parse_limit"}


def test_it_loads_only_what_its_kind_needs(extract, parser_that):
    loaded = say(extract, parser_that, "sorted(sys.modules)".replace("sys", "__import__('sys')"))
    assert not {"pypdf", "PIL", "lxml", "docx", "django", "pypdfium2", "asyncio", "conversations"} & set(loaded)


# -- What it may do ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attempt",
    [
        "__import__('socket').socket()",
        "__import__('socket').create_connection(('127.0.0.1', 80))",
        "__import__('subprocess').run(['true'])",
        "os.system('true')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
    ],
)
def test_it_may_neither_connect_nor_start_anything(extract, parser_that, attempt):
    parser_that(
        f"""
        try:
            {attempt}
            said = "done"
        except PermissionError as error:
            said = str(error)
        answer.read([[said, None, ""]], Receipt())
        answer.end()
        """
    )
    assert extract(b"text", "a.txt").sections[0].text.startswith("A parser may not")


def test_it_has_no_network_even_below_python(extract, parser_that):
    if subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True).returncode:
        pytest.skip("This kernel lets nobody leave the network.")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        failed = say(
            extract,
            parser_that,
            "(lambda c: c.connect(c.socket(2, 1, 0), bytes([2, 0]) + "
            f"({port}).to_bytes(2, 'big') + bytes([127, 0, 0, 1]) + bytes(8), 16))(__import__('ctypes').CDLL(None))",
        )
    assert failed == -1


# -- How long and how much --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("while True: pass", "parse_limit"),
        ("time.sleep(60)", "parse_limit"),
        ("import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", "parse_limit"),
        ("bytearray(1_000_000_000)", "parse_limit"),
        ("[bytearray(1_000_000) for _ in range(1_000)]", "parse_limit"),
        ("read(source, job, answer)", "parse_limit"),
        ("import ctypes; ctypes.string_at(0)", "corrupt"),
        ("os.abort()", "parse_limit"),
        ("os.kill(os.getpid(), 9)", "corrupt"),
        ("os._exit(3)", "parse_limit"),
        ("raise ValueError('x' * 100_000)", "corrupt"),
        ("raise SystemExit", "parse_limit"),
        ("pass", "parse_limit"),
        ("os.close(1); time.sleep(60)", "parse_limit"),
        ("os.write(1, bytes(1000))", "corrupt"),
        ("os.write(1, b'what is this?' * 1000)", "parse_limit"),
        ("answer.say('read')", "corrupt"),
        ("answer.read([['text', None, '', 'more']], Receipt())", "corrupt"),
        ("answer.say('error', code='made_up', detail='')", "corrupt"),
        ("[answer.say('image', bytes(1_000_000)) for _ in range(100)]", "parse_limit"),
    ],
)
def test_whatever_it_does_is_an_error_with_a_code(refusal, parser_that, settings, does, code):
    settings.PARSER_SECONDS, settings.PARSER_CPU_SECONDS = 3, 1
    parser_that(does)
    began = time.monotonic()
    assert refusal(b"text", "a.txt") == code
    assert time.monotonic() - began < 5


def test_what_was_read_holds_when_drawing_crashes(extract, parser_that):
    parser_that(
        """
        answer.read([["words", 1, ""]], Receipt())
        answer.say("thumbnail", b"jpeg")
        os.abort()
        """
    )
    found = extract(b"text", "a.txt")
    assert found.sections[0].text == "words"
    assert found.thumbnail == b"jpeg"
    assert [warning["code"] for warning in found.receipt["warnings"]] == ["not_drawn"]


def test_fifty_crashes_in_a_row_leave_everything_as_it_was(extract, refusal, parser_that, temporary, monkeypatch):
    this = psutil.Process()
    extract(b"text", "a.txt")
    files, threads = this.num_fds(), this.num_threads()
    with monkeypatch.context() as broken:
        broken.setattr(process, "START", "import os; os.abort()")
        assert {refusal(b"text", "a.txt") for _ in range(50)} == {"parse_limit"}
    assert extract(b"text", "a.txt").sections[0].text == "text"
    assert this.num_fds() <= files + 1
    assert this.num_threads() <= threads + 2
    assert this.children(recursive=True) == []
    assert list(temporary.iterdir()) == []


def program_that_reads(folder: Path, last: str) -> subprocess.Popen:
    """Return a process that reads a file with a parser that never ends, and does this at last."""
    (folder / "a.txt").write_text("text")
    program = f"""
import os, sys, threading, time
sys.path.insert(0, {str(ROOT)!r})
from django.conf import settings
settings.configure(PARSERS=1, PARSER_SECONDS=60, PARSER_CPU_SECONDS=60, PARSER_MEMORY_MB=512)
from pathlib import Path
from conversations.extraction import process, read
process.START = '''import sys; sys.path += sys.argv[2:]
import time
from parsers import text
from parsers.run import main
text.read = lambda *job: time.sleep(60)
main(sys.argv[1])'''
source = Path({str(folder / "a.txt")!r})
threading.Thread(target=read, args=[source], kwargs={{"name": "a.txt"}}, daemon=True).start()
{last}
"""
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen([sys.executable, "-c", program], env=environment)


def reader_of(parent: subprocess.Popen) -> psutil.Process:
    """Return the parser's process, when it reads."""
    for _ in range(400):
        # To be nice is one of the last things before that.
        program = psutil.Process(parent.pid)
        if found := [one for one in program.children() if one.nice() > program.nice()]:
            time.sleep(0.2)
            return found[0]
        time.sleep(0.05)
    raise AssertionError("Nothing was started within 20 s.")


def test_it_ends_with_the_process_that_started_it(tmp_path):
    parent = program_that_reads(tmp_path, "time.sleep(60)")
    try:
        child = reader_of(parent)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    gone, alive = psutil.wait_procs([child], timeout=10)
    assert (len(gone), alive) == (1, [])


def test_a_server_that_ends_does_not_wait_for_files(tmp_path):
    parent = program_that_reads(tmp_path, "time.sleep(2)")
    child = reader_of(parent)
    assert parent.wait(timeout=10) == 0
    assert psutil.wait_procs([child], timeout=10)[1] == []
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


# -- The process that waits -------------------------------------------------------------------------------------------


def test_not_more_than_so_many_are_read_at_once(tmp_path, parser_that, settings):
    settings.PARSERS = 2
    parser_that("time.sleep(0.4); answer.read([], Receipt()); answer.end()")
    source = tmp_path / "a.txt"
    source.write_text("text")
    most, done = 0, threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(0.02):
            most = max(most, len(psutil.Process().children()))

    watcher = threading.Thread(target=look)
    watcher.start()

    try:
        with ThreadPoolExecutor(6) as people:
            assert len(list(people.map(lambda _: extraction.read(source, name="a.txt"), range(6)))) == 6
    finally:
        done.set()
        watcher.join()
    assert most == 2


async def test_the_event_loop_goes_on(tmp_path):
    source = tmp_path / "a.pdf"
    source.write_bytes(simple(*[lines(*["some words in a line"] * 40)] * 60))
    reading = asyncio.create_task(asyncio.to_thread(extraction.read, source, name="a.pdf"))
    longest = 0.0
    while not reading.done():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - before - 0.005)
    assert len((await reading).sections) == 60
    assert longest < 0.2


def test_memory_stays_where_it_is(extract):
    from .test_refuse_hostile_files import png

    picture, document = png(3_000, 3_000), simple(*[lines(*["some words in a line"] * 40)] * 20)
    this = psutil.Process()
    for _ in range(2):
        extract(picture, "a.png"), extract(document, "a.pdf")
    before = this.memory_info().rss
    for _ in range(4):
        extract(picture, "a.png"), extract(document, "a.pdf")
    assert this.memory_info().rss - before < 8_000_000


def test_nothing_that_parses_is_loaded_beside_the_product():
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'chatsite.settings'; django.setup();"
        "import conversations.extraction; print(*sys.modules)"
    )
    environment = {**os.environ, "SECRET_KEY": "only for tests, and as long as a key has to be"}
    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in printed.stdout.split()}
    assert "conversations" in loaded, printed.stderr
    assert not loaded & {"pypdf", "pypdfium2", "PIL", "docx", "lxml", "charset_normalizer"}
