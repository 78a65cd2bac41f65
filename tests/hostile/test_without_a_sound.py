"""Clients that fell silent long ago, their connection still open; last, because the server gives them some time."""

import time

import pytest

from tests.hostile.conftest import Silence

pytestmark = pytest.mark.process

# By then the server has noticed that nobody is there.
REAPED_SECONDS = 50


@pytest.mark.parametrize("who", ["in a conversation", "told to leave"])
def test_a_client_that_makes_no_sound_any_more_is_let_go(silence: dict[str, Silence], who: str):
    client, since = silence[who].client, silence[who].since
    client.settimeout(max(0.1, since + REAPED_SECONDS - time.monotonic()))
    while client.recv(65536):
        pass
