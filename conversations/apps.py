from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"

    def ready(self) -> None:
        # The jobs too: the worker knows those that somebody has imported.
        from . import jobs, receivers, storage, tools  # noqa: F401

        tools.outside.check()
        receivers.connect()
        storage.connect()
