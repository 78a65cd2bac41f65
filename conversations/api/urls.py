"""Addresses under /api/: conversations, turns and what belongs to them."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from .attachments import AttachmentView, ContentView, TextView, ThumbnailView, UploadView
from .catalog import ModelsView
from .chat import ChatStreamView
from .conversations import ConversationViewSet
from .digests import DigestsView
from .exports import ExportEverythingView, ExportView, ImportView
from .feedback import FeedbackView
from .history import ChatHistoryView, HistoryView
from .preferences import PreferencesView
from .presets import PresetsView, PresetView
from .readings import ReadingsView
from .reports import ReportsView, ReportView
from .search import SearchView
from .sessions import EventsView, RateView, RegenerateView, SummaryView
from .shares import SharesOfView, SharesView, ShareView
from .streams import ConversationStreamView
from .tags import TagViewSet
from .temporary import TemporaryView
from .transcriptions import TranscriptionsView
from .turns import AskView, TurnViewSet
from .usage import UsageView

router = SimpleRouter(use_regex_path=False)
router.register("conversations", ConversationViewSet, basename="api_conversation")
router.register("tags", TagViewSet, basename="api_tag")
router.register("turns", TurnViewSet, basename="api_turn")

urlpatterns: list[URLPattern | URLResolver] = [
    path("conversations/<uuid:conversation_id>/messages/", HistoryView.as_view(), name="api_messages"),
    path("conversations/<uuid:conversation_id>/digests/", DigestsView.as_view(), name="api_digests"),
    path("conversations/<uuid:conversation_id>/turns/", AskView.as_view(), name="api_ask"),
    path("conversations/<uuid:conversation_id>/stream/", ConversationStreamView.as_view(), name="api_stream"),
    path("conversations/<uuid:conversation_id>/summary/", SummaryView.as_view(), name="api_summary"),
    path("conversations/<uuid:conversation_id>/regenerate-summary/", RegenerateView.as_view(), name="api_regenerate"),
    path("conversations/<uuid:conversation_id>/rate/", RateView.as_view(), name="api_rate"),
    path("conversations/<uuid:conversation_id>/events/", EventsView.as_view(), name="api_events"),
    path("messages/<uuid:message_id>/feedback/", FeedbackView.as_view(), name="api_feedback"),
    path("messages/<uuid:message_id>/report/", ReportView.as_view(), name="api_report"),
    path("reports/", ReportsView.as_view(), name="api_reports"),
    path("conversations/<uuid:conversation_id>/export/", ExportView.as_view(), name="api_export"),
    path("conversations/<uuid:conversation_id>/shares/", SharesOfView.as_view(), name="api_shares_of"),
    path("shares/", SharesView.as_view(), name="api_shares"),
    path("shares/<uuid:link_id>/", ShareView.as_view(), name="api_share"),
    path("conversations/import/", ImportView.as_view(), name="api_import"),
    path("me/export/", ExportEverythingView.as_view(), name="api_export_everything"),
    path("chat/stream/", ChatStreamView.as_view(), name="api_chat_stream"),
    path("chat/temporary/", TemporaryView.as_view(), name="api_temporary"),
    path("chat/history/<uuid:conversation_id>/", ChatHistoryView.as_view(), name="api_history"),
    path("chat/models/", ModelsView.as_view(), name="api_models"),
    path("transcriptions/", TranscriptionsView.as_view(), name="api_transcriptions"),
    path("attachments/", UploadView.as_view(), name="api_attachments"),
    path("attachments/<uuid:attachment_id>/", AttachmentView.as_view(), name="api_attachment"),
    path("attachments/<uuid:attachment_id>/content/", ContentView.as_view(), name="api_attachment_content"),
    path("attachments/<uuid:attachment_id>/thumbnail/", ThumbnailView.as_view(), name="api_attachment_thumbnail"),
    path("attachments/<uuid:attachment_id>/text/", TextView.as_view(), name="api_attachment_text"),
    path("search/", SearchView.as_view(), name="api_search"),
    path("preferences/", PreferencesView.as_view(), name="api_preferences"),
    path("presets/", PresetsView.as_view(), name="api_presets"),
    path("presets/<uuid:preset_id>/", PresetView.as_view(), name="api_preset"),
    path("readings/", ReadingsView.as_view(), name="api_readings"),
    path("usage/", UsageView.as_view(), name="api_usage"),
    *router.urls,
]
