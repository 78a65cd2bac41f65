"""At a socket's door with a browser's cookie: it is found among any others, and only our own pages may send it."""

import pytest
from django.conf import settings as django_settings
from django.test import Client

from conversations import doorkeeper

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "testserver"
# What other programs on the same host, extensions and proxies put into a browser.
FOREIGN = (
    "theme=dark",
    'prefs={"a": 1, "b": [2]}',
    "list[0]=x",
    "a b=c d",
    "=nameless",
    "valueless",
    'quoted="a; b\\"c"',
    "path=/; domain=x",
    "é=ü",
    "xsessionid=" + "0" * 32,
    "",
)


@pytest.fixture
def session(alice) -> str:
    """The value of the cookie of a browser in which Alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


async def come(cookie: str, origin: str = f"http://{HOST}") -> doorkeeper.Entrance:
    """Return who comes in from a page at `origin`, with this cookie header."""
    headers = {"host": HOST, "cookie": cookie, "origin": origin}
    return await doorkeeper.admit({"headers": [(name.encode(), text.encode()) for name, text in headers.items()]})


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("order", ["{foreign}; {ours}", "{ours}; {foreign}", "{foreign};{ours};{foreign}"])
async def test_the_session_is_found_beside_foreign_cookies(alice, session, foreign, order):
    entrance = await come(order.format(foreign=foreign, ours=f"sessionid={session}"))
    assert entrance.credential.user == alice


async def test_foreign_cookies_alone_are_nobody(session):
    with pytest.raises(doorkeeper.Unknown):
        await come("; ".join(FOREIGN))


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_behind_no_https_a_page_of_either_scheme_comes_in(alice, session, settings, scheme):
    settings.HTTPS = False
    entrance = await come(f"sessionid={session}", f"{scheme}://{HOST}")
    assert entrance.credential.user == alice


async def test_with_https_only_a_page_that_came_by_https_comes_in(alice, session, settings):
    settings.HTTPS = True
    entrance = await come(f"sessionid={session}", f"https://{HOST}")
    assert entrance.credential.user == alice
    with pytest.raises(doorkeeper.ForeignOrigin):
        await come(f"sessionid={session}", f"http://{HOST}")


async def test_a_trusted_origin_comes_in_although_it_is_not_the_host(alice, session, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example.org"]
    entrance = await come(f"sessionid={session}", "https://chat.example.org")
    assert entrance.credential.user == alice
    with pytest.raises(doorkeeper.ForeignOrigin):
        await come(f"sessionid={session}", "https://other.example.org")
