"""`make test` runs every test: each mark belongs to a folder that one of its runs takes."""

import re
from pathlib import Path

from tests.run import BROWSER, PROCESS_FOLDERS

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"pytest\.mark\.(browser|engine|process)\b")


def test_marked_tests_stand_where_their_run_looks_for_them():
    places = {"browser": tuple(BROWSER[2:]), "engine": tuple(PROCESS_FOLDERS), "process": tuple(PROCESS_FOLDERS)}
    marked = [
        (str(path.relative_to(ROOT)), mark)
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.name != Path(__file__).name
        for mark in set(MARK.findall(path.read_text()))
    ]
    assert marked
    assert [(path, mark) for path, mark in marked if not path.startswith(places[mark])] == []
