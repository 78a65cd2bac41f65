"""What the documents say about settings, frames, commands, targets and links is what the code has."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
APPS = ("chatsite", "accounts", "conversations", "llm")

# A link or picture of Markdown; the part after # is a place within the page.
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def read(path: str) -> str:
    return (ROOT / path).read_text()


def first_column(path: str, *, headed: str) -> set[str]:
    """Return the names in backticks that begin the rows of every table whose first heading is `headed`."""
    names: set[str] = set()
    inside = False
    for line in read(path).splitlines():
        if not line.startswith("|"):
            inside = False
        elif line.startswith(f"| {headed} |"):
            inside = True
        elif inside and (found := re.match(r"\| (.+?) \|", line)):
            names.update(re.findall(r"`([^`]+)`", found[1]))
    return names


# -- Settings ---------------------------------------------------------------------------------------------------------


SETTINGS = ("chatsite/settings.py", "accounts/conf.py", "conversations/conf.py", "chatsite/conf.py")


def settings_source() -> str:
    return "".join(map(read, SETTINGS))


def settings_read() -> set[str]:
    """Return the name of every environment variable that the product or its compose file reads."""
    source = settings_source()
    names = re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source)
    names += re.findall(r'environ\.get\("([A-Z_]+)"', read("chatsite/management/commands/serve.py"))
    names += re.findall(r"\$\{([A-Z_]+)", read("compose.yaml"))
    return set(names)


def test_every_setting_is_explained_and_every_explained_one_is_read():
    assert first_column("docs/configuration.md", headed="name") == settings_read()


def test_the_example_environment_has_every_setting_and_no_other():
    assert set(re.findall(r"(?m)^#?([A-Z_]+)=", read(".env.example"))) == settings_read()


def test_the_example_environment_changes_nothing_as_it_is():
    assert [line for line in read(".env.example").splitlines() if line and not line.startswith("#")] == []


# A default that is a plain text, number or switch; others are said in words.
PLAIN_DEFAULT = re.compile(r'\benv\.(?:str|int|float|bool|email_url)\(\s*"([A-Z_]+)", default=("[^"]*"|[\w.]+)\)')


@pytest.mark.parametrize(("name", "default"), PLAIN_DEFAULT.findall(settings_source()))
def test_a_default_is_told_as_it_is(name, default):
    row = next(line for line in read("docs/configuration.md").splitlines() if line.startswith(f"| `{name}` |"))
    told = row.split("|")[2].strip()
    expected = default.strip('"').replace("_", "") if default[0].isdigit() else default.strip('"')
    if name == "SECRET_KEY":
        assert told == "made once and kept in `DATA_DIR`"
    elif not expected:
        assert told == "empty"
    else:
        assert told.strip("`") in {expected, expected.lower()}


# -- The protocol -----------------------------------------------------------------------------------------------------


def frames_understood() -> dict[str, set[str]]:
    from conversations.frames import FIELDS

    return {
        kind: {name + "?" * (wanted.startswith("?") or wanted == "any") for name, wanted in fields.items()}
        for kind, fields in FIELDS.items()
    }


def test_every_frame_to_the_server_is_in_the_protocol_with_its_fields():
    told = {}
    section = read("docs/protocol.md").partition("## To the server")[2].partition("\n## ")[0]
    for kind, fields in re.findall(r"(?m)^\| `([a-z.]+)` \|([^|]*)\|", section):
        told[kind] = set(re.findall(r"`([a-z_]+\??)`", fields))
    assert told == frames_understood()


def frames_sent() -> set[str]:
    names: set[str] = set()
    for module in ("events", "wire", "consumers", "snapshots"):
        names.update(re.findall(r'"type": "([a-z_.]+)"', read(f"conversations/{module}.py")))
    # What the consumer says to the server that carries it.
    return {name for name in names if not name.startswith("websocket.")}


def test_every_frame_from_the_server_is_in_the_protocol_and_no_other():
    section = read("docs/protocol.md").partition("## From the server")[2].partition("\n## ")[0]
    assert set(re.findall(r"(?m)^\| `([a-z.]+)` \|", section)) == frames_sent()


@pytest.mark.parametrize("module", ["turns", "frames", "consumers"])
def test_every_error_code_of_a_socket_is_in_the_protocol(module):
    codes = set(re.findall(r'\bcode ?= ?"([a-z_]+)"', read(f"conversations/{module}.py")))
    assert codes
    assert {code for code in codes if f"`{code}`" not in read("docs/protocol.md")} == set()


def test_every_error_code_of_a_model_is_in_the_protocol():
    codes = set(re.findall(r'"(model_[a-z_]+)"', read("llm/errors.py")))
    assert codes
    assert {code for code in codes if f"`{code}`" not in read("docs/protocol.md")} == set()


def test_every_close_code_is_in_the_protocol():
    codes = set(re.findall(r"\b4[0-9]{3}\b", read("conversations/consumers.py")))
    assert codes == {code for code in first_column_plain("docs/protocol.md", headed="code") if code.startswith("4")}


def first_column_plain(path: str, *, headed: str) -> set[str]:
    """Return the bare first cells of the table whose first heading is `headed`."""
    _, _, rest = read(path).partition(f"| {headed} |")
    return set(re.findall(r"(?m)^\| (\w+) \|", rest.partition("\n\n")[0]))


# -- Commands and links -----------------------------------------------------------------------------------------------


def commands() -> list[str]:
    found = [path for app in APPS for path in (ROOT / app).glob("management/commands/*.py")]
    return sorted(path.stem for path in found if path.stem != "__init__")


@pytest.mark.parametrize("command", commands())
def test_every_management_command_is_in_the_documents(command):
    assert any(f"manage.py {command}" in path.read_text() for path in DOCUMENTS)


@pytest.mark.parametrize("target", re.findall(r"(?m)^([a-z]+):", read("Makefile")))
def test_every_target_of_make_is_in_the_documents(target):
    assert f"make {target}" in read("README.md") + read("docs/development.md")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document):
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_readme_begins_with_the_two_commands():
    first_block = read("README.md").partition("```sh\n")[2].partition("```")[0]
    assert [line.partition("#")[0].strip() for line in first_block.splitlines()] == ["make run", "make test"]


# -- Deployment -------------------------------------------------------------------------------------------------------


def compose() -> dict:
    return yaml.safe_load(read("compose.yaml"))


@pytest.mark.parametrize("name", compose()["services"])
def test_every_service_has_a_health_check_and_is_started_again(name):
    service = compose()["services"][name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] in {"unless-stopped", "on-failure"}


def test_services_wait_for_healthy_services_that_exist():
    services = compose()["services"]
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services
            assert how == {"condition": "service_healthy"}


def test_the_compose_file_holds_no_secret():
    for service in compose()["services"].values():
        for name, value in service.get("environment", {}).items():
            if name in {"SECRET_KEY", "POSTGRES_PASSWORD"}:
                assert re.fullmatch(r"\$\{" + name + r":\?[^}]+\}", value)
            if name == "DATABASE_URL":
                assert re.search(r"://chatsite:\$\{POSTGRES_PASSWORD:\?[^}]+\}@", value)


def test_every_volume_that_is_used_is_declared():
    used = {
        volume.partition(":")[0]
        for service in compose()["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert used == set(compose()["volumes"])


def test_the_image_takes_in_every_folder_that_runs_and_nothing_else():
    kept = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    assert kept == {*APPS, "locale", "static", "templates", "manage.py", "requirements.txt", "LICENSE"}
    assert all((ROOT / name).exists() for name in kept)


def test_the_image_has_a_python_that_the_project_allows():
    wanted = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"]
    versions = set(re.findall(r"FROM python:(3\.\d+)", read("Dockerfile")))
    assert {f">={version}" for version in versions} == {wanted}


def test_the_unit_in_the_document_is_the_one_to_install():
    assert f"```ini\n{read('deploy/chatsite.service')}```" in read("docs/deployment.md")


@pytest.mark.parametrize(
    "document", [ROOT / "deploy/nginx.conf", ROOT / "docs/deployment.md"], ids=lambda path: path.name
)
def test_nginx_is_told_what_sockets_and_streams_need(document):
    text = document.read_text()
    for line in (
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_buffering off;",
        "proxy_read_timeout 3600s;",
        "client_max_body_size 210m;",
        "proxy_request_buffering off;",
    ):
        assert line in text


# -- Security ---------------------------------------------------------------------------------------------------------


def test_every_test_that_the_table_of_hostile_inputs_names_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?` \|$", read("docs/security.md"), re.MULTILINE)
    assert len(named) > 90
    gone = [(path, name) for path, name in named if not re.search(rf"def {name}\b", read(path))]
    assert gone == []
