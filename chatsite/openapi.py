"""The API described for programs: OpenAPI 3.1, made from the views, with the errors that every call shares."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

EVENT_STREAM = "text/event-stream"
DESCRIPTIONS = {
    400: "What was sent is not acceptable: a bad value, an unknown field or parameter, or two credentials at once.",
    401: "There is no credential, or one that lets nobody in.",
    403: "A key without the scope that this needs, or a session cookie without the page's CSRF token.",
    404: "There is nothing here, or it is somebody else's.",
    408: "Nobody read the answer as it was written.",
    409: "This cannot be done as things stand, such as while an answer is still being written.",
    412: "It has changed since you read it.",
    413: "The body is too large.",
    415: "The body is of a kind that is not read here.",
    422: "This `Idempotency-Key` was already used for something else, or a rule stands against it: `refused_by_rule`.",
    429: "That was more than is allowed just now. `Retry-After` says in how many seconds to ask again.",
    502: "The model server failed.",
    503: "Something that this needs is away for the moment.",
    504: "The model server took too long.",
    529: "The model server is busy.",
}
RETRY_AFTER = {"description": "Seconds to wait before asking again.", "schema": {"type": "integer", "minimum": 1}}
HEADERS = {
    401: {"WWW-Authenticate": {"description": "How to sign in.", "schema": {"type": "string"}}},
    429: {"Retry-After": RETRY_AFTER},
    503: {"Retry-After": RETRY_AFTER},
}
# The shape of errors under an address; the longest beginning that fits counts.
ERROR_SHAPES = {
    "/api/": "Error",
    "/v1/models": "EitherError",
    "/v1/chat/": "OpenAIError",
    "/v1/messages": "AnthropicError",
}

SHAPES: dict[str, dict[str, Any]] = {
    "Error": {
        "type": "object",
        "description": "What went wrong: `code` is for programs and never changes, `detail` is for people.",
        "properties": {
            "code": {"type": "string", "examples": ["invalid"]},
            "detail": {"type": "string", "examples": ["The title is too long."]},
            "request_id": {"type": "string", "description": "The name of this request in the server's log."},
            "fields": {
                "type": "object",
                "description": "What is wrong with each field, by its name.",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
            "retry_after": {"type": "number", "description": "Seconds to wait before asking again."},
            "turn": {"type": "string", "format": "uuid", "description": "The turn that stands in the way."},
        },
        "required": ["code", "detail", "request_id"],
    },
    "OpenAIError": {
        "type": "object",
        "description": "What went wrong, as OpenAI's clients read it.",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "type": {"type": "string"},
                    "param": {"type": ["string", "null"]},
                    "code": {"type": ["string", "null"]},
                },
                "required": ["message", "type"],
            }
        },
        "required": ["error"],
    },
    "AnthropicError": {
        "type": "object",
        "description": "What went wrong, as Anthropic's clients read it.",
        "properties": {
            "type": {"type": "string", "const": "error"},
            "error": {
                "type": "object",
                "properties": {"type": {"type": "string"}, "message": {"type": "string"}},
                "required": ["type", "message"],
            },
            "request_id": {"type": "string"},
        },
        "required": ["type", "error"],
    },
    "EitherError": {
        "description": "What went wrong, as the client that asked reads it.",
        "anyOf": [{"$ref": "#/components/schemas/OpenAIError"}, {"$ref": "#/components/schemas/AnthropicError"}],
    },
}


class Credentials(OpenApiAuthenticationExtension):
    """The three ways to say who is asking."""

    target_class = "accounts.authentication.Authentication"
    name = ["token", "key", "session"]
    match_subclasses = True

    def get_security_definition(self, auto_schema) -> list[dict[str, str]]:
        """Return how each is sent."""
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "description": "An access token from `POST /api/auth/login/`, or an API key.",
            },
            {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "An API key."},
            {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "A browser that is signed in; calls that change something need `X-CSRFToken` too.",
            },
        ]

    def get_security_requirement(self, auto_schema) -> list[dict[str, list[str]]]:
        """Return that any one of them will do."""
        return [{name: []} for name in self.name]


class StrictBody(OpenApiSerializerExtension):
    """Says of bodies in which an unknown field is an error that it is."""

    target_class = "accounts.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema, direction) -> dict[str, Any]:
        """Return the schema of the body."""
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": False}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """Return the answers of errors that only some calls give, for the `responses` of one of them."""
    return {status: OpenApiResponse({"type": "object"}, description=DESCRIPTIONS[status]) for status in statuses}


def events(description: str) -> dict[tuple[int, str], dict[str, Any]]:
    """Return the answer of a call that streams, for its `responses`; the schema is that of one event."""
    names = ("event", "id", "data")
    properties = {name: {"type": "string"} for name in names}
    return {(200, EVENT_STREAM): {"type": "object", "description": description, "properties": properties}}


def example(name: str, /, **fields: Any) -> OpenApiExample:
    """Return an example of what is sent: a body with these fields."""
    return OpenApiExample(name, fields, request_only=True)


def header(name: str, description: str, **schema: Any) -> OpenApiParameter:
    """Return a header that a call reads."""
    return OpenApiParameter(
        name, {"type": "string", **schema}, location=OpenApiParameter.HEADER, description=description
    )


def answer_header(name: str, description: str, *statuses: int) -> OpenApiParameter:
    """Return a header that the answers with these statuses carry."""
    return OpenApiParameter(
        name, str, location=OpenApiParameter.HEADER, description=description, response=list(statuses) or True
    )


def tell_errors(result: dict[str, Any], generator, request, public) -> dict[str, Any]:
    """Return the document in which each operation names every error that it can answer, in the shape it has there."""
    result["components"].setdefault("schemas", {}).update(SHAPES)
    shared = result["components"].setdefault("responses", {})
    for path, operations in result["paths"].items():
        shape = ERROR_SHAPES[max((prefix for prefix in ERROR_SHAPES if path.startswith(prefix)), key=len)]
        for operation in operations.values():
            responses = operation["responses"]
            told = {int(status) for status in responses if int(status) >= 400}
            for status in sorted(told | _common_errors(operation)):
                name = f"{shape}{status}"
                shared[name] = _error_response(status, shape)
                responses[str(status)] = {"$ref": f"#/components/responses/{name}"}
            for response in responses.values():
                if response.get("description") == "":
                    response["description"] = "Done."
            operation["responses"] = dict(sorted(responses.items()))
    return result


def _common_errors(operation: dict[str, Any]) -> set[int]:
    statuses = {400}
    if {} not in operation.get("security", [{}]):
        statuses |= {401, 403}
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        statuses.add(404)
    if "requestBody" in operation:
        statuses |= {413, 415}
    return statuses


def _error_response(status: int, shape: str) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": DESCRIPTIONS[status],
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}},
    }
    if status in HEADERS:
        response["headers"] = HEADERS[status]
    return response
