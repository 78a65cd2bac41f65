from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from chatsite import names


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        # The jobs too: the worker knows those that somebody has imported.
        from . import jobs, receivers, storage, tools  # noqa: F401

        names.translate(self)
        tools.outside.check()
        receivers.connect()
        storage.connect()
