"""A socket of a conversation without a server: the consumer itself, and a client that says and hears what it likes."""

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from accounts import tokens
from chatsite.threads import in_database
from conversations.routing import websocket_urlpatterns

# Decides only over what never comes.
PATIENCE_SECONDS = 30


class Client(WebsocketCommunicator):
    """A client that waits longer than the second that it would by itself: a busy machine needs several."""

    async def receive_output(self, timeout: float = PATIENCE_SECONDS):
        """Return what the consumer says next."""
        return await super().receive_output(max(timeout, PATIENCE_SECONDS))

    async def wait(self, timeout: float = PATIENCE_SECONDS) -> None:
        """Return once the consumer has ended."""
        await super().wait(max(timeout, PATIENCE_SECONDS))


async def client_of(user, conversation: str, query: str = "") -> Client:
    """Return a client of this person's that has not knocked yet."""
    return await _client(user, f"/ws/conversations/{conversation}/{query}")


async def open_list(user) -> Client:
    """Return an open socket of a page of this person's that shows no conversation."""
    client = await _client(user, "/ws/chats/")
    assert (await client.connect())[0]
    return client


async def _client(user, path: str) -> Client:
    pair = await in_database(tokens.issue, user=user)
    headers = [(b"authorization", f"Bearer {pair.access}".encode())]
    return Client(URLRouter(websocket_urlpatterns), path, headers=headers)


async def knock(user, conversation: str, query: str = "") -> Client:
    """Return an open socket of this person's."""
    client = await client_of(user, conversation, query)
    assert (await client.connect())[0]
    return client
