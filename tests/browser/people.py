"""People with an account: made through the sign-up form by a program, because only one test is about that form."""

import re
import uuid
from dataclasses import dataclass

import httpx
from playwright.sync_api import BrowserContext

PASSWORD = "correct horse battery staple"
CSRF_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account at the site at `url`; `cookies` are those of a browser that is signed in."""

    url: str
    email: str
    cookies: tuple[tuple[str, str], ...]

    def enter(self, context: BrowserContext) -> BrowserContext:
        """Return the browser window, signed in as this person."""
        context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in self.cookies])
        return context

    def client(self) -> httpx.Client:
        """Return a program that is signed in as this person."""
        return httpx.Client(base_url=self.url, cookies=dict(self.cookies), timeout=30)


def new_address() -> str:
    """Return an e-mail address that nobody has used."""
    return f"{uuid.uuid4().hex[:12]}@example.org"


def sign_up(url: str, *, name: str = "Ada Lovelace") -> Person:
    """Return a new person, signed in."""
    email = new_address()
    with httpx.Client(base_url=url, timeout=30) as client:
        form = client.get("/accounts/signup/")
        token = CSRF_FIELD.search(form.text)[1]
        fields = {"csrfmiddlewaretoken": token, "name": name, "email": email, "password1": PASSWORD}
        answer = client.post("/accounts/signup/", data=fields)
        assert answer.status_code == 302, answer.text
        return Person(url=url, email=email, cookies=tuple(client.cookies.items()))
