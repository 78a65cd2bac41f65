from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ChatsiteConfig(AppConfig):
    name = "chatsite"

    def ready(self) -> None:
        # huey's own command only looks for modules named `tasks`.
        autodiscover_modules("jobs")
