"""The API's description: whole, valid, and there for whoever is signed in."""

import re

import jsonschema
import pytest
from django.core.management import call_command

from chatsite.reference import document
from tests.pages.conftest import browser_of
from tests.schema.routes import ROUTES, found

JSON = "application/json"
HTTP = {"get", "post", "put", "patch", "delete"}
OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
}


def test_nothing_is_left_to_guess(tmp_path):
    file = tmp_path / "schema.yml"
    call_command("spectacular", file=str(file), validate=True, fail_on_warn=True)
    assert file.read_text().startswith("openapi: 3.1.0")


def test_every_call_is_in_it_and_no_other():
    programs = ("api/", "v1/")
    pages = {"api_docs", "api_redoc", "v1_nowhere"}
    there = {
        "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", path)
        for path, name in found()
        if path.startswith(programs) and name not in pages
    }
    assert set(document()["paths"]) == there


def test_every_method_that_is_answered_is_in_it():
    named = {"/" + re.sub(r"<\w+:(\w+)>", r"{\1}", path): name for path, name in found()}
    for path, methods in document()["paths"].items():
        answered = {method.lower() for method in ROUTES[named[path]].answers}
        assert set(methods) == answered, path


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_call_says_what_it_is_for(operation_id):
    _, _, operation = OPERATIONS[operation_id]
    assert re.fullmatch(r"[a-z0-9_]+", operation_id)
    assert operation["summary"]
    assert len(operation["tags"]) == 1
    assert operation["tags"][0][0].isupper()
    assert operation["description"].endswith((".", "`"))


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_call_names_the_errors_that_it_answers(operation_id):
    path, _, operation = OPERATIONS[operation_id]
    told = set(operation["responses"])
    assert "400" in told
    assert any(status.startswith("2") for status in told)
    if {} not in operation["security"]:
        assert {"401", "403"} <= told
        assert {"token": []} in operation["security"]
    if "{" in path:
        assert "404" in told
    if "requestBody" in operation:
        assert {"413", "415"} <= told


def test_an_error_has_one_shape_but_in_the_protocols_of_others():
    responses = document()["components"]["responses"]
    for path, _, operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                shared = responses[response["$ref"].rpartition("/")[2]]
                shape = shared["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                assert (shape == "Error") is path.startswith("/api/")


def test_a_body_with_another_field_is_told_to_be_wrong():
    schemas = document()["components"]["schemas"]
    bodies = {name: schema for name, schema in schemas.items() if name.endswith("Request")}
    assert bodies
    assert all(schema["additionalProperties"] is False for schema in bodies.values())


@pytest.mark.parametrize(
    ("operation_id", "name"),
    [
        ("ask", "Idempotency-Key"),
        ("chat", "Idempotency-Key"),
        ("retry_turn", "Idempotency-Key"),
        ("edit_turn", "Idempotency-Key"),
        ("change_conversation", "If-Match"),
        ("delete_conversation", "If-Match"),
        ("read_conversation", "If-None-Match"),
        ("watch_conversation", "Last-Event-ID"),
        ("list_conversations", "page_size"),
        ("list_conversations", "archived"),
        ("read_messages", "cursor"),
        ("complete_chat", "X-Conversation-Id"),
    ],
)
def test_headers_and_filters_are_described(operation_id, name):
    parameters = {parameter["name"]: parameter for parameter in OPERATIONS[operation_id][2]["parameters"]}
    assert parameters[name]["description"]


def test_each_body_with_fields_has_an_example_that_fits():
    components = {"components": document()["components"]}
    for operation_id, (_, _, operation) in OPERATIONS.items():
        body = operation.get("requestBody", {"content": {}})["content"].get(JSON)
        if body is None or body["schema"].get("$ref", "").endswith("/NothingRequest"):
            continue
        assert body.get("examples"), operation_id
        for each in body["examples"].values():
            jsonschema.validate(each["value"], {**body["schema"], **components})


def test_a_form_that_brings_files_says_so():
    content = OPERATIONS["chat"][2]["requestBody"]["content"]
    forms = document()["components"]["schemas"]
    form, body = (forms[content[kind]["schema"]["$ref"].rpartition("/")[2]] for kind in ("multipart/form-data", JSON))
    assert form["properties"]["files"]["items"]["type"] == "string"
    assert form["properties"] == {**body["properties"], "files": form["properties"]["files"]}


@pytest.mark.parametrize("operation_id", ["ask", "chat", "watch_conversation", "complete_chat", "write_message"])
def test_streams_are_told_from_other_answers(operation_id):
    successes = OPERATIONS[operation_id][2]["responses"]["200"]
    assert "text/event-stream" in successes["content"]


@pytest.mark.django_db
def test_nobody_reads_it(client):
    answer = client.get("/api/schema/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_nobody_is_sent_to_sign_in_from_its_pages(client, page):
    answer = client.get(f"/api/{page}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next=/api/{page}/")


@pytest.mark.django_db
def test_a_person_reads_it(alice):
    answer = browser_of(alice).get("/api/schema/")
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert answer.json()["openapi"] == "3.1.0"


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["?lang=xx", "?version=../../etc", "?format=%00", "?x=1"])
def test_it_takes_no_parameters(alice, query):
    answer = browser_of(alice).get(f"/api/schema/{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_filter")


@pytest.mark.django_db
def test_only_the_page_that_needs_it_lets_in_a_style_sheet_of_its_own(alice):
    policies = {page: browser_of(alice).get(f"/api/{page}/")["Content-Security-Policy"] for page in ("docs", "redoc")}
    styles = {page: re.search(r"style-src ([^;]+)", policy)[1] for page, policy in policies.items()}
    assert styles["docs"] == "'self'"
    assert re.fullmatch(r"'self' 'nonce-[A-Za-z0-9+/=]{16,}'", styles["redoc"])
    for policy in policies.values():
        assert "unsafe" not in policy
        assert "blob:" not in re.search(r"script-src ([^;]+)", policy)[1]
