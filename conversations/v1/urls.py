"""The addresses that clients of OpenAI and Anthropic know."""

from django.urls import path, re_path

from .anthropic.views import CountView, MessagesView
from .models import ModelsView, ModelView, NowhereView
from .openai.views import CompletionsView

urlpatterns = [
    path("models", ModelsView.as_view(), name="v1_models"),
    path("models/<path:model_id>", ModelView.as_view(), name="v1_model"),
    path("chat/completions", CompletionsView.as_view(), name="v1_completions"),
    path("messages", MessagesView.as_view(), name="v1_messages"),
    path("messages/count_tokens", CountView.as_view(), name="v1_count_tokens"),
    re_path("", NowhereView.as_view(), name="v1_nowhere"),
]
