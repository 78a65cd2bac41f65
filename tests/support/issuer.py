"""A small OpenID Connect issuer without a network: discovery, keys, tokens and userinfo, answered to httpx directly."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://id.example.org"
CLIENT = "chatsite"
SECRET = "a secret: with a colon"


@cache
def _keys() -> Iterator[rsa.RSAPrivateKey]:
    # Made once for all tests: each takes a tenth of a second.
    return cycle([rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)])


def new_key() -> rsa.RSAPrivateKey:
    """Return another key than the last one."""
    return next(_keys())


class Issuer:
    """Says that whoever comes is `person`; a test may change what it says, or how it signs."""

    def __init__(self) -> None:
        self.key = new_key()
        # What it says its key is, where that is not the one that it signs with.
        self.published: rsa.RSAPrivateKey | None = None
        self.kid = "first"
        self.person: dict[str, Any] = {"sub": "77", "email": "maya@example.org", "email_verified": True, "name": "Maya"}
        # Claims of the token that are not as they should be; None leaves one out.
        self.wrong: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.algorithm, self.signed_with = "RS256", ""
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def send_back(self, address: str) -> str:
        """Return the address that somebody is sent back to, who was sent here and has said who they are."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT) and "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{urlsplit(asked['redirect_uri']).path}?code={code}&state={asked['state']}"

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            places = {"authorization": "/authorize", "token": "/token", "userinfo": "/userinfo"}
            told = {f"{name}_endpoint": ISSUER + place for name, place in places.items()}
            return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **told})
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk((self.published or self.key).public_key()))
            return httpx.Response(200, json={"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "RS256"}]})
        if path == "/userinfo":
            return httpx.Response(200, json=self.userinfo or {"sub": self.person["sub"]})
        return self.token(request)

    def token(self, request: httpx.Request) -> httpx.Response:
        sent = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(sent.get("code", ""), None)
        name, _, secret = (
            base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        challenge = hashlib.sha256(sent["code_verifier"].encode()).digest()
        if (
            asked is None
            or (name, secret) != (CLIENT, "a%20secret%3A%20with%20a%20colon")
            or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]
            or sent["redirect_uri"] != asked["redirect_uri"]
        ):
            return httpx.Response(400, json={"error": "invalid_grant"})
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        claims = {name: value for name, value in (claims | self.wrong).items() if value is not None}
        key = {"RS256": self.key, "none": None}.get(self.algorithm, self.signed_with)
        signed = jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": self.kid})
        return httpx.Response(200, json={"access_token": "opaque", "token_type": "Bearer", "id_token": signed})
