"""The pictures of docs/architecture.md: who may import whom, and how long a module may be."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("chatsite", "accounts", "conversations", "llm")

# What each app may import of the others; chatsite's helpers (threads, errors) are for everybody but llm.
MAY_IMPORT = {
    "llm": set(),
    "accounts": {"chatsite"},
    "conversations": {"chatsite", "accounts", "llm"},
    "chatsite": {"accounts", "conversations", "llm"},
}

# Inside conversations imports only go down this list.
LAYERS = [
    {
        "consumers",
        "chats_consumer",
        "nowhere",
        "routing",
        "sockets",
        "doorkeeper",
        "frames",
        "pacing",
        "wire",
        "views",
        "urls",
        "admin",
        "reading_admin",
        "history_filters",
        "finding_admin",
        "case_admin",
        "moderation_admin",
        "review_admin",
        "report_views",
        "reading_views",
        "retention_admin",
        "profile_admin",
        "models_page",
        "local_models_admin",
        "dashboard_admin",
        "management",
        "models_offered",
        "templatetags",
        "apps",
        "receivers",
        "api",
        "sse",
        "usage_views",
        "take_views",
        "attachment_views",
        "answer_views",
        "search_views",
        "usage_charts",
        "v1",
        "presence",
        "commands",
        "summary_views",
        "summary_charts",
        "chat_views",
        "settings_views",
        "preset_views",
        "sidebar",
        "temporary",
        "temporary_views",
    },
    {
        "turns",
        "lifecycle",
        "reading",
        "finding",
        "cases",
        "retention",
        "dashboard",
        "figures",
        "local_models",
        "tags",
        "snapshots",
        "jobs",
        "doing",
        "usage",
        "attachments",
        "downloads",
        "exports",
        "imports",
        "shares",
        "sessions",
        "summaries",
        "titles",
        "library",
        "condensing",
        "embedding",
        "background",
        "feedback",
        "dictation",
        "review",
        "preferences",
        "presets",
    },
    {"runner", "live"},
    {"quotas", "ledger", "asides", "permits", "moderation"},
    {
        "assembly",
        "branches",
        "bulk",
        "calibration",
        "context",
        "modes",
        "parameters",
        "tools",
        "digests",
        "rendering",
        "passages",
        "vectors",
        "receipts",
        "versions",
        "storage",
        "extraction",
        "conf",
        "recordings",
        "inclusion",
        "kept",
        "naming",
        "threads",
        "chats",
        "timeline",
        "work",
        "events",
        "errors",
        "prices",
        "profiles",
        "search",
    },
    {"models", "migrations"},
]
LINES_LIMIT = 420


def modules(app: str) -> list[Path]:
    return [path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]


def imported(path: Path) -> list[str]:
    """Return the dotted names of all modules of ours that a file imports."""
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts[:-1])
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            names += [f"{base}.{alias.name}" for alias in node.names]
    return [name for name in names if name.split(".")[0] in APPS]


@pytest.mark.parametrize("app", APPS)
def test_apps_import_only_what_the_picture_allows(app):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.split(".")[0] not in MAY_IMPORT[app] | {app}
    ]
    assert not wrong


def test_imports_inside_conversations_only_go_down():
    layer_of = {name: depth for depth, names in enumerate(LAYERS) for name in names}
    wrong = []
    for path in modules("conversations"):
        place = path.relative_to(ROOT / "conversations").with_suffix("").parts[0]
        if place == "__init__":
            continue
        for name in imported(path):
            if not name.startswith("conversations."):
                continue
            target = name.split(".")[1]
            if layer_of[target] < layer_of[place]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_every_module_of_conversations_has_its_place():
    placed = set().union(*LAYERS)
    found = {path.relative_to(ROOT / "conversations").with_suffix("").parts[0] for path in modules("conversations")}
    assert found - placed - {"__init__"} == set()


@pytest.mark.parametrize("app", APPS)
def test_no_module_outgrows_one_idea(app):
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules(app)}
    assert {path: lines for path, lines in long.items() if lines > LINES_LIMIT} == {}


def test_the_tree_of_imports_has_no_model_server_in_conversations():
    """Providers are llm's own: conversations speak to the catalogue and the agent only."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("conversations")
        for name in imported(path)
        if name.startswith("llm.providers")
    ]
    assert not wrong
