from django.urls import path

from . import views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("chat/", views.chat, name="chat"),
    path("chat/list/", views.chats, name="chats"),
    path("chat/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("chat/<uuid:conversation_id>/thread/", views.thread, name="thread"),
    path("chat/<uuid:conversation_id>/rename/", views.rename, name="rename"),
    path("chat/<uuid:conversation_id>/delete/", views.delete, name="delete"),
    path("chat/<uuid:conversation_id>/switch/", views.switch, name="switch"),
    path("turns/<uuid:turn_id>/stop/", views.stop, name="stop"),
    path("turns/<uuid:turn_id>/retry/", views.retry, name="retry"),
    path("turns/<uuid:turn_id>/edit/", views.edit, name="edit"),
]
