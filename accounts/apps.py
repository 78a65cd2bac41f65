from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

from chatsite import names


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from . import receivers

        names.translate(self)
        # Of a package, which says them in English only.
        names.translate(apps.get_app_config("mfa"))
        receivers.connect()
