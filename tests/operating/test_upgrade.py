"""An upgrade carries everything along, from an old state with rows to now; and the settings of production are sound.

There is no earlier release yet: from the first one on, its migrations are where this begins.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operating.upgrade import TURNS
from tests.support.services import Postgres, need, postgres_binaries

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "0123456789abcdef" * 4


def run(*command: str, **environment: str) -> subprocess.CompletedProcess:
    kept = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}
    }
    kept |= {"DJANGO_SETTINGS_MODULE": "chatsite.settings", **environment}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=kept, capture_output=True, text=True, check=False)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request, tmp_path):
    """The settings of an empty database."""
    if request.param == "SQLite":
        yield {"DATA_DIR": str(tmp_path)}
        return
    need(postgres_binaries(), "PostgreSQL")
    postgres = Postgres()
    try:
        postgres.start()
        url = postgres.create_database("old")
        yield {"DATA_DIR": str(tmp_path), "DATABASE_URL": url, "SECRET_KEY": SECRET}
    finally:
        postgres.close()


def test_rows_of_an_old_version_are_those_of_the_new_one(database):
    done = run("-m", "tests.operating.upgrade", **database)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("texts") == [f"{role} {number}" for number in range(TURNS) for role in ("user", "assistant")]
    assert found.pop("milestones") > 0
    assert found == {"findings": [], "message_count": 2 * TURNS, "calls": TURNS, "hits": 1}


def test_production_settings_pass_the_deployment_check_and_secrets_come_from_files(tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    settings = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgres://chatsite@127.0.0.1:9/chatsite",
        "SECRET_KEY_FILE": str(tmp_path / "secret"),
        "PUBLIC_URL": "https://chat.example.org",
        "PROXY_COUNT": "1",
    }
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **settings)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_secret_from_a_file_ends_before_its_line_break(tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\r\n")
    where = {f"{name}_FILE": str(tmp_path / "secret") for name in ("SECRET_KEY", "METRICS_TOKEN", "OIDC_CLIENT_SECRET")}
    told = "from chatsite import settings as s; print([s.SECRET_KEY, s.METRICS_TOKEN, s.OIDC['client_secret']])"
    done = run("-c", told, DATA_DIR=str(tmp_path), **where)
    assert done.stdout.strip() == str([SECRET] * 3), done.stderr
