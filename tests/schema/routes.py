"""Every address of the site, and who may do what there: one line for each, and none may be missing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Of these, the framework and the account pages' library have tests of their own.
FOREIGN = ("admin/",)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

Answer = int | tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """What the owner is answered by method, where a tuple brings the body that is sent.

    `whose` is "theirs" for a thing of somebody's, "mine" where each person sees their own, "anybody" where no sign-in
    is needed, "newcomer's" where those who are signed in are sent on. `preflight` is the answer to OPTIONS.
    """

    whose: str
    preflight: int
    answers: dict[str, Answer] = field(default_factory=dict)
    query: str = ""

    def status(self, method: str) -> int:
        """Return what the owner is answered."""
        if method == "OPTIONS":
            return self.preflight
        answer = self.answers.get("GET" if method == "HEAD" else method, 405)
        return answer if isinstance(answer, int) else answer[0]

    def body(self, method: str) -> dict[str, Any]:
        """Return what is sent."""
        answer = self.answers.get(method)
        return answer[1] if isinstance(answer, tuple) else {}


def api(whose: str, query: str = "", **answers: Answer) -> Route:
    """Return a call of the API, which tells in answer to OPTIONS what it is."""
    return Route(whose, 200, answers, query)


def protocol(**answers: Answer) -> Route:
    """Return a call of OpenAI's or Anthropic's protocol."""
    return Route("mine", 405, answers)


def page(whose: str, **answers: Answer) -> Route:
    """Return a page or a form."""
    return Route(whose, 405, answers)


ASK = {"text": "And then?"}

ROUTES: dict[str, Route] = {
    # The API: accounts
    "api_signup": api("anybody", POST=400),
    "api_login": api("anybody", POST=400),
    "api_refresh": api("anybody", POST=400),
    "api_password_reset": api("anybody", POST=400),
    "api_logout": api("mine", POST=204),
    "api_me": api("mine", GET=200, PATCH=(200, {"name": "Somebody"})),
    "api_keys": api("mine", GET=200, POST=(201, {"name": "A script", "scopes": ["read"]})),
    "api_key": api("theirs", GET=200, PATCH=(200, {"name": "Another"}), DELETE=204),
    # The API: conversations
    "api_conversation-list": api("mine", GET=200, POST=201),
    "api_conversation-detail": api("theirs", GET=200, PATCH=(200, {"title": "Another"}), DELETE=204),
    "api_conversation-end": api("theirs", POST=200),
    "api_conversation-restore": api("theirs", POST=200),
    "api_tag-list": api("mine", GET=200, POST=(201, {"name": "Another"})),
    "api_tag-detail": api("theirs", GET=200, PATCH=(200, {"name": "Another"}), DELETE=204),
    "api_summary": api("theirs", GET=200),
    "api_regenerate": api("theirs", POST=202),
    "api_rate": api("theirs", POST=(200, {"rating": 4})),
    "api_events": api("theirs", GET=200),
    "api_messages": api("theirs", GET=200),
    "api_history": api("theirs", GET=200),
    "api_digests": api("theirs", GET=200),
    "api_ask": api("theirs", POST=(202, ASK)),
    "api_stream": api("theirs", GET=200),
    "api_chat_stream": api("mine", POST=(200, {"message": "And then?"})),
    # A form is wanted, and the table sends JSON.
    "api_attachments": api("mine", POST=415),
    # No engine runs in these tests.
    "api_temporary": protocol(POST=(503, {"messages": [{"role": "user", "content": "And then?"}]})),
    # A form is wanted, and the table sends JSON.
    "api_transcriptions": protocol(POST=415),
    "api_attachment": api("theirs", GET=200, DELETE=204),
    "api_attachment_content": api("theirs", GET=200),
    "api_attachment_thumbnail": api("theirs", GET=200),
    "api_attachment_text": api("theirs", GET=200),
    "api_turn-detail": api("theirs", GET=200),
    "api_feedback": api("theirs", GET=404, PUT=(200, {"value": "up"}), DELETE=204),
    "api_report": api("theirs", GET=404, POST=(201, {"category": "harmful"})),
    "api_reports": api("mine", GET=200),
    "api_turn-stop": api("theirs", POST=202),
    # No tool waits; what one that waits does, tests/tools/test_ask_mcp_servers.py asks.
    "api_turn-allow": api("theirs", POST=400),
    "api_turn-retry": api("theirs", POST=202),
    "api_turn-continue": api("theirs", POST=400),
    "api_turn-edit": api("theirs", POST=(202, ASK)),
    "api_export": api("theirs", query="?format=json", GET=200),
    "api_export_everything": api("mine", GET=200),
    # A form is wanted, and the table sends JSON.
    "api_import": api("mine", POST=415),
    "api_shares_of": api("theirs", GET=200, POST=(201, {"days": 7})),
    "api_shares": api("mine", GET=200),
    "api_share": api("theirs", GET=200, DELETE=204),
    "api_models": api("mine", GET=200),
    "api_search": api("mine", query="?q=secret", GET=200),
    "api_presets": api("mine", GET=200, POST=(201, {"name": "Another", "text": "And {{topic}}?"})),
    "api_preset": api("theirs", GET=200, PATCH=(200, {"name": "Another"}), DELETE=204),
    "api_preferences": api("mine", GET=200, PATCH=(200, {"instructions": "Be brief."})),
    "api_readings": api("mine", GET=200),
    "api_usage": api("mine", GET=200),
    # The API: its description
    "schema": api("mine", GET=200),
    "api_docs": page("mine", GET=200),
    "api_redoc": page("mine", GET=200),
    # The protocols; no engine runs in these tests
    "v1_models": protocol(GET=503),
    "v1_model": protocol(GET=503),
    "v1_completions": protocol(POST=400),
    "v1_messages": protocol(POST=400),
    "v1_count_tokens": protocol(POST=400),
    # Pages
    "landing": page("newcomer's", GET=200),
    "health": Route("anybody", 200, dict.fromkeys(METHODS, 200)),
    "chat": page("mine", GET=200, POST=(302, ASK)),
    "temporary": page("mine", GET=200),
    "chats": page("mine", GET=200),
    "archive": page("mine", GET=200),
    # Whose the conversations and tags are that it names, tests/pages/test_arrange_chats.py asks.
    "arrange": page("mine", POST=400),
    "tag_chats": page("mine", POST=400),
    "tags": page("mine", GET=200, POST=(302, {"name": "Another"})),
    "tag": page("theirs", POST=(302, {"name": "Another"})),
    "search": page("mine", GET=200),
    "palette": page("mine", GET=200),
    "usage": page("mine", GET=200),
    "readings": page("mine", GET=200),
    "theme": page("mine", POST=(204, {"theme": "dark"})),
    "set_language": page("anybody", POST=(302, {"language": "de"})),
    "conversation": page("theirs", GET=200, POST=(302, ASK)),
    "thread": page("theirs", GET=200),
    "rename": page("theirs", POST=(302, {"title": "Another"})),
    "delete": page("theirs", POST=302),
    "end": page("theirs", POST=302),
    "summary": page("theirs", GET=200),
    "summary_again": page("theirs", POST=302),
    "rate": page("theirs", POST=(302, {"rating": "4"})),
    "parameters": page("theirs", GET=200, POST=302),
    "presets": page("mine", GET=200, POST=(302, {"name": "Another", "text": "And?"})),
    "preset": page("theirs", GET=200, POST=(302, {"name": "Another", "text": "And?"})),
    "preset_delete": page("theirs", POST=302),
    "shortcuts": page("mine", GET=200),
    "settings_chat": page("mine", GET=200, POST=(302, {"instructions": "Be brief."})),
    # Nothing is ticked.
    "take": page("theirs", GET=200, POST=400),
    "share": page("theirs", GET=200, POST=200),
    "share_revoke": page("theirs", POST=302),
    "data": page("mine", GET=200),
    "data_import": page("mine", POST=302),
    # Whose link it is, and what it shows, tests/take/test_share_a_conversation.py asks: nobody has this one.
    "shared": page("anybody", GET=404),
    "shared_image": page("anybody", GET=404),
    "switch": page("theirs", POST=302),
    "stop": page("theirs", POST=302),
    "allow": page("theirs", POST=404),
    "retry": page("theirs", POST=302),
    "continue": page("theirs", POST=302),
    "markdown": page("theirs", GET=200),
    "feedback": page("theirs", POST=(302, {"value": "up"})),
    # The form says what is wrong with it.
    "report": page("theirs", GET=200, POST=(302, {"category": "harmful"})),
    "mode": page("theirs", POST=(302, {"mode": "code"})),
    "edit": page("theirs", POST=(302, ASK)),
    "attachment": page("theirs", GET=200),
    # Alice's file is no picture; whose a picture is, tests/pages/test_look_at_a_file.py asks.
    "attachment_image": page("theirs", GET=404),
    "attachment_chip": page("theirs", GET=200),
    "account_keys": page("mine", GET=200, POST=200),
    "account_key_revoke": page("theirs", GET=200, POST=302),
    # The settings; that some want the password once more, tests/accounts asks: these people have none
    "settings": page("mine", GET=200, POST=(302, {"name": "Somebody"})),
    "settings_email": page("mine", GET=200, POST=200),
    "settings_email_forget": page("mine", POST=302),
    "settings_looks": page("mine", GET=200, POST=(302, {"theme": "dark", "density": ""})),
    "settings_delete": page("mine", GET=200, POST=200),
    "mfa_index": page("mine", GET=200),
    "settings_browser_end": page("theirs", POST=302),
    "settings_sign_in_end": page("theirs", POST=302),
    "settings_others_end": page("mine", POST=302),
}

# The account pages' library answers these in its own ways; they know no things of anybody's.
ACCOUNT_PAGES = {
    "account_login",
    "account_signup",
    "account_invitation",
    "account_oidc",
    "account_oidc_callback",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_remove_webauthn",
}
# It answers whatever no other address of the protocols does.
NOWHERE = {"v1_nowhere"}


def found(patterns: list | None = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give every address that the site answers, with its name."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if path.startswith(FOREIGN):
            continue
        if isinstance(pattern, URLResolver):
            yield from found(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.name or ""
