"""A socket of a conversation without a server: the consumer itself, and a client that says and hears what it likes."""

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from accounts import tokens
from chatsite.threads import in_database
from conversations.routing import websocket_urlpatterns


async def client_of(user, conversation: str, query: str = "") -> WebsocketCommunicator:
    """Return a client of this person's that has not knocked yet."""
    return await _client(user, f"/ws/conversations/{conversation}/{query}")


async def open_list(user) -> WebsocketCommunicator:
    """Return an open socket of a page of this person's that shows no conversation."""
    client = await _client(user, "/ws/chats/")
    assert (await client.connect())[0]
    return client


async def _client(user, path: str) -> WebsocketCommunicator:
    pair = await in_database(tokens.issue, user=user)
    headers = [(b"authorization", f"Bearer {pair.access}".encode())]
    return WebsocketCommunicator(URLRouter(websocket_urlpatterns), path, headers=headers)


async def knock(user, conversation: str, query: str = "") -> WebsocketCommunicator:
    """Return an open socket of this person's."""
    client = await client_of(user, conversation, query)
    assert (await client.connect())[0]
    return client
