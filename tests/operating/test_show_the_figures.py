"""The documents and the dashboard ask for figures that there are, and for all of them."""

import json
import re
from pathlib import Path

from chatsite import metrics

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = re.compile(r"chatsite_[a-z_]+")
SUFFIX = re.compile(r"_(total|bucket|count|sum)$")


def counted() -> set[str]:
    return {each.name for each in (*metrics.COUNTS, *metrics.TIMES)}


def told_when_asked() -> set[str]:
    return set(re.findall(r'"(chatsite_[a-z_]+)"', (ROOT / "chatsite/exposition.py").read_text()))


def named(text: str) -> set[str]:
    return {SUFFIX.sub("", name) for name in NAME.findall(text)}


def test_every_figure_is_in_the_document_and_no_other():
    assert named((ROOT / "docs/operating.md").read_text()) == counted() | told_when_asked()


def test_the_dashboard_asks_for_figures_that_there_are():
    board = json.loads((ROOT / "deploy/grafana.json").read_text())
    asked = named(json.dumps([panel["targets"] for panel in board["panels"]]))
    assert asked
    assert asked - counted() - told_when_asked() == set()
