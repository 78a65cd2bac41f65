"""What the API's description says of the calls of both protocols; each protocol's own documents say the rest."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view

from chatsite.openapi import answer_header, errors, events, header

CREDENTIALS: Any = [{"token": []}, {"key": []}]
MODEL_ERRORS = (408, 502, 503, 504)
QUESTION = [{"role": "user", "content": "Can we end the lease early?"}]

CONVERSATION = header("X-Conversation-Id", "A UUID; keeps the exchange in this conversation of yours.")
KEPT = answer_header("X-Conversation-Id", "The conversation in which the exchange is kept.", 200)
ANTHROPIC = header("Anthropic-Version", "Anthropic's clients send it, and are answered in their own words.")
BETA = OpenApiParameter("beta", str, description="Passed over.")
PAGES = [
    OpenApiParameter(name, str, description="Passed over: all models are on one page.")
    for name in ("limit", "after_id", "before_id", "lifecycle")
]

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
OPTIONAL_COUNT = {"type": ["integer", "null"], "minimum": 1, "maximum": 2**31 - 1}
OPTIONAL_FLAG = {"type": ["boolean", "null"]}
OPTIONAL_NAME = {"type": ["string", "null"]}
LIST = {"type": "array", "items": {"type": "object"}}
CONTENT = {"anyOf": [TEXT, LIST, {"type": "null"}]}
METADATA = {"type": ["object", "null"], "description": "`conversation_id` keeps the exchange in that conversation."}
NAME = {"type": "string", "minLength": 1, "maxLength": 200}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required), **more}


def _number(least: float, most: float) -> dict[str, Any]:
    return {"type": ["number", "null"], "minimum": least, "maximum": most}


def _messages(*roles: str) -> dict[str, Any]:
    message = _object({"role": {"type": "string", "enum": list(roles)}}, {"content": CONTENT})
    return {"type": "array", "minItems": 1, "items": message}


COMPLETION_REQUEST = _object(
    {"model": NAME, "messages": _messages("developer", "system", "user", "assistant", "tool")},
    {
        "stream": OPTIONAL_FLAG,
        "stream_options": {"type": ["object", "null"], "properties": {"include_usage": OPTIONAL_FLAG}},
        "temperature": _number(0, 2),
        "top_p": _number(0, 1),
        "max_completion_tokens": OPTIONAL_COUNT,
        "max_tokens": OPTIONAL_COUNT,
        "stop": {"anyOf": [TEXT, {"type": "array", "items": TEXT, "maxItems": 16}, {"type": "null"}]},
        "seed": {"type": ["integer", "null"]},
        "tools": {**LIST, "type": ["array", "null"], "maxItems": 128},
        "tool_choice": {
            "anyOf": [{"type": "string", "enum": ["auto", "none", "required"]}, {"type": ["object", "null"]}]
        },
        "parallel_tool_calls": OPTIONAL_FLAG,
        "response_format": {"type": ["object", "null"]},
        "reasoning_effort": OPTIONAL_NAME,
        "n": {"type": ["integer", "null"], "const": 1},
        "metadata": METADATA,
    },
)
COMPLETION = _object(
    {
        "id": TEXT,
        "object": {"const": "chat.completion"},
        "created": COUNT,
        "model": TEXT,
        "choices": {
            "type": "array",
            "items": _object({"index": COUNT, "message": {"type": "object"}, "finish_reason": TEXT}),
        },
        "usage": _object({"prompt_tokens": COUNT, "completion_tokens": COUNT, "total_tokens": COUNT}),
    }
)
TOKENS_REQUEST = _object(
    {"model": NAME, "messages": _messages("user", "assistant", "system")},
    {
        "system": CONTENT,
        "tools": {**LIST, "type": ["array", "null"], "maxItems": 128},
        "tool_choice": {"type": ["object", "null"]},
        "thinking": {"type": ["object", "null"]},
    },
)
MESSAGE_REQUEST = _object(
    {**TOKENS_REQUEST["properties"], "max_tokens": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}},
    {
        "stream": OPTIONAL_FLAG,
        "stop_sequences": {"type": ["array", "null"], "items": TEXT, "maxItems": 16},
        "temperature": _number(0, 1),
        "top_p": _number(0, 1),
        "output_config": {"type": ["object", "null"]},
        "metadata": METADATA,
    },
) | {"required": ["model", "messages", "max_tokens"]}
MESSAGE = _object(
    {
        "id": TEXT,
        "type": {"const": "message"},
        "role": {"const": "assistant"},
        "model": TEXT,
        "content": LIST,
        "stop_reason": OPTIONAL_NAME,
        "stop_sequence": OPTIONAL_NAME,
        "usage": _object({"input_tokens": COUNT, "output_tokens": COUNT}),
    }
)
MODEL = _object({"id": TEXT}, description="With the fields that OpenAI's or Anthropic's clients know.")
MODELS = _object({"data": {"type": "array", "items": MODEL}})

models = extend_schema_view(
    get=extend_schema(
        operation_id="list_models_v1",
        tags=["OpenAI and Anthropic"],
        summary="List the models",
        auth=CREDENTIALS,
        parameters=[ANTHROPIC, *PAGES],
        responses={200: MODELS, **errors(503)},
    )
)
model = extend_schema_view(
    get=extend_schema(
        operation_id="read_model_v1",
        tags=["OpenAI and Anthropic"],
        summary="Read about a model",
        auth=CREDENTIALS,
        parameters=[ANTHROPIC, OpenApiParameter("model_id", str, location=OpenApiParameter.PATH)],
        responses={200: MODEL, **errors(503)},
    )
)
completions = extend_schema_view(
    post=extend_schema(
        operation_id="complete_chat",
        tags=["OpenAI and Anthropic"],
        summary="Answer a chat, as OpenAI does",
        auth=CREDENTIALS,
        parameters=[CONVERSATION, KEPT],
        request={"application/json": COMPLETION_REQUEST},
        responses={
            (200, "application/json"): COMPLETION,
            **events("With `stream`: chunks, then `[DONE]`."),
            **errors(404, 409, 422, 429, *MODEL_ERRORS),
        },
        examples=[OpenApiExample("A question", {"model": "demo", "messages": QUESTION}, request_only=True)],
    )
)
messages = extend_schema_view(
    post=extend_schema(
        operation_id="write_message",
        tags=["OpenAI and Anthropic"],
        summary="Answer a chat, as Anthropic does",
        auth=CREDENTIALS,
        parameters=[CONVERSATION, KEPT, BETA],
        request={"application/json": MESSAGE_REQUEST},
        responses={
            (200, "application/json"): MESSAGE,
            **events("With `stream`: from `message_start` to `message_stop`."),
            **errors(404, 409, 422, 429, 529, *MODEL_ERRORS),
        },
        examples=[
            OpenApiExample("A question", {"model": "demo", "max_tokens": 1000, "messages": QUESTION}, request_only=True)
        ],
    )
)
counting = extend_schema_view(
    post=extend_schema(
        operation_id="count_tokens",
        tags=["OpenAI and Anthropic"],
        summary="Estimate how many tokens a chat is",
        auth=CREDENTIALS,
        parameters=[BETA],
        request={"application/json": TOKENS_REQUEST},
        responses={(200, "application/json"): _object({"input_tokens": COUNT}), **errors(404, 503)},
        examples=[OpenApiExample("A question", {"model": "demo", "messages": QUESTION}, request_only=True)],
    )
)
