from django.urls import re_path

from .consumers import ConversationConsumer, NowhereConsumer

websocket_urlpatterns = [
    re_path(r"^ws/conversations/(?P<conversation_id>[^/]+)/$", ConversationConsumer.as_asgi()),
    re_path(r"", NowhereConsumer.as_asgi()),
]
