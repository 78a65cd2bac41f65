from django.urls import re_path

from .chats_consumer import ChatsConsumer
from .consumers import ConversationConsumer
from .nowhere import NowhereConsumer

websocket_urlpatterns = [
    re_path(r"^ws/conversations/(?P<conversation_id>[^/]+)/$", ConversationConsumer.as_asgi()),
    re_path(r"^ws/chats/$", ChatsConsumer.as_asgi()),
    re_path(r"", NowhereConsumer.as_asgi()),
]
