from django.urls import path

from . import attachment_views, chat_views, reading_views, summary_views, usage_views, views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("usage/", usage_views.page, name="usage"),
    path("readings/", reading_views.page, name="readings"),
    path("chat/", views.chat, name="chat"),
    path("chat/list/", chat_views.chats, name="chats"),
    path("chat/archive/", chat_views.archive, name="archive"),
    path("chat/arrange/", chat_views.arrange, name="arrange"),
    path("chat/tags/", chat_views.tags, name="tags"),
    path("chat/tags/put/", chat_views.tag_chats, name="tag_chats"),
    path("chat/tags/<uuid:tag_id>/", chat_views.tag, name="tag"),
    path("chat/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("chat/<uuid:conversation_id>/thread/", views.thread, name="thread"),
    path("chat/<uuid:conversation_id>/rename/", chat_views.rename, name="rename"),
    path("chat/<uuid:conversation_id>/delete/", chat_views.delete, name="delete"),
    path("chat/<uuid:conversation_id>/switch/", views.switch, name="switch"),
    path("chat/<uuid:conversation_id>/end/", summary_views.end, name="end"),
    path("chat/<uuid:conversation_id>/summary/", summary_views.page, name="summary"),
    path("chat/<uuid:conversation_id>/summary/again/", summary_views.again, name="summary_again"),
    path("chat/<uuid:conversation_id>/rate/", summary_views.rate, name="rate"),
    path("turns/<uuid:turn_id>/stop/", views.stop, name="stop"),
    path("turns/<uuid:turn_id>/allow/", views.allow, name="allow"),
    path("turns/<uuid:turn_id>/retry/", views.retry, name="retry"),
    path("turns/<uuid:turn_id>/mode/", views.mode, name="mode"),
    path("turns/<uuid:turn_id>/edit/", views.edit, name="edit"),
    path("attachments/<uuid:attachment_id>/", attachment_views.page, name="attachment"),
    path("attachments/<uuid:attachment_id>/image/", attachment_views.image, name="attachment_image"),
    path("attachments/<uuid:attachment_id>/chip/", attachment_views.chip, name="attachment_chip"),
]
