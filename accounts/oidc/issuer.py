"""The issuer: where people are sent, what a code is exchanged for, and whether what it says can be believed."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import jwt
from django.conf import settings

from ..errors import OidcRefused, OidcUnavailable

ANSWER_SECONDS = 10
KNOWN_SECONDS = 3600
LEEWAY_SECONDS = 60
LARGEST_ANSWER_BYTES = 1_000_000
# Signatures by a key that only the issuer has: never one of a shared secret, nor none.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})


@dataclass
class Known:
    """What the issuer says about itself, and when it was asked."""

    metadata: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    at: float = 0.0


_known: dict[str, Known] = {}


def authorize_url(*, state: str, nonce: str, verifier: str, redirect_uri: str) -> str:
    """Return where somebody is sent to say who they are; raises `OidcUnavailable`."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC["client_id"],
        "redirect_uri": redirect_uri,
        "scope": settings.OIDC["scopes"],
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    address = _endpoint("authorization_endpoint")
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def claims_of(*, code: str, nonce: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
    """Return what the issuer says about whoever brought this code; raises `OidcRefused`, `OidcUnavailable`."""
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": settings.OIDC["client_id"],
    }
    with _client() as client:
        answer = _json(client, "POST", _endpoint("token_endpoint"), **_as_ourselves(asked))
        claims = believed(str(answer.get("id_token", "")), nonce=nonce)
        wanted = {"email", "email_verified", *([settings.OIDC["groups_claim"]] if settings.OIDC["groups"] else [])}
        if wanted - set(claims) and "userinfo_endpoint" in metadata() and answer.get("access_token"):
            bearer = {"Authorization": f"Bearer {answer['access_token']}"}
            more = _json(client, "GET", _endpoint("userinfo_endpoint"), headers=bearer)
            if more.get("sub") != claims["sub"]:
                raise OidcRefused
            claims = {**more, **claims}
    return claims


def believed(token: str, *, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token that the issuer signed, for us, just now, in answer to this nonce."""
    try:
        head = jwt.get_unverified_header(token)
        algorithm, name = str(head.get("alg")), str(head.get("kid", ""))
        if algorithm not in ALGORITHMS:
            raise OidcRefused
        claims = jwt.decode(
            token,
            key=_key(name, algorithm),
            algorithms=[algorithm],
            audience=settings.OIDC["client_id"],
            issuer=metadata()["issuer"],
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
        )
    except jwt.PyJWTError as error:
        raise OidcRefused from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != settings.OIDC["client_id"]:
        raise OidcRefused
    if not compare_digest(str(claims["nonce"]).encode(), nonce.encode()) or not claims["sub"]:
        raise OidcRefused
    return claims


def metadata() -> dict[str, Any]:
    """Return what the issuer says about itself, asked for once an hour; raises `OidcUnavailable`."""
    address = settings.OIDC["issuer"]
    known = _known.get(address)
    if known is None or time.monotonic() - known.at > KNOWN_SECONDS:
        with _client() as client:
            told = _json(client, "GET", f"{address}/.well-known/openid-configuration")
        # Another name would let another issuer speak for this one.
        if str(told.get("issuer", "")).rstrip("/") != address:
            raise OidcUnavailable
        known = _known[address] = Known(told, at=time.monotonic())
    return known.metadata


def _key(name: str, algorithm: str) -> Any:
    """Return the issuer's key of this name; a name that is not known is asked for once more, as keys are replaced."""
    metadata()
    known = _known[settings.OIDC["issuer"]]
    if not _matching(known.keys, name, algorithm):
        with _client() as client:
            known.keys = _json(client, "GET", _endpoint("jwks_uri"))
    found = _matching(known.keys, name, algorithm)
    if not found:
        raise OidcRefused
    return jwt.PyJWK(found[0], algorithm=algorithm).key


def _matching(keys: dict[str, Any], name: str, algorithm: str) -> list[dict[str, Any]]:
    every = [each for each in keys.get("keys", []) if isinstance(each, dict) and each.get("use", "sig") == "sig"]
    fitting = [each for each in every if each.get("alg", algorithm) == algorithm]
    # A token need not name its key where there is only one.
    return [each for each in fitting if each.get("kid", "") == name] if name else fitting if len(fitting) == 1 else []


def _as_ourselves(asked: dict[str, str]) -> dict[str, Any]:
    """Return the arguments of a request that says whose it is, in the way that the issuer wants."""
    secret = settings.OIDC["client_secret"]
    if not secret:
        return {"data": asked}
    methods = metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in methods:
        return {"data": asked, "auth": (quote(settings.OIDC["client_id"], safe=""), quote(secret, safe=""))}
    return {"data": {**asked, "client_secret": secret}}


def _endpoint(name: str) -> str:
    found = metadata().get(name)
    if not isinstance(found, str) or not found:
        raise OidcUnavailable
    return found


def _client() -> httpx.Client:
    return httpx.Client(timeout=ANSWER_SECONDS, follow_redirects=False)


def _json(client: httpx.Client, method: str, address: str, **options: Any) -> dict[str, Any]:
    try:
        answer = client.request(
            method, address, headers={"Accept": "application/json"} | options.pop("headers", {}), **options
        )
        if 400 <= answer.status_code < 500 and method == "POST":
            # The code was made up, used before, or is too old.
            raise OidcRefused
        told = json.loads(answer.content) if answer.is_success and len(answer.content) < LARGEST_ANSWER_BYTES else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise OidcUnavailable from error
    if not isinstance(told, dict):
        raise OidcUnavailable
    return told
