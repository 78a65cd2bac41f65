from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from chatsite import names


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from . import receivers

        names.translate(self)
        receivers.connect()
