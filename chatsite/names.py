"""What rows and their fields are called in the admin, in the reader's language.

Django derives most of these names from those in the code. They are marked here, so that they need no migration.
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

NAMES = {
    # What there are rows of, one and several.
    _("authenticator"),
    _("authenticators"),
    _("browser session"),
    _("browser sessions"),
    _("calibration"),
    _("calibrations"),
    _("context digest"),
    _("context digests"),
    _("conversation"),
    _("conversations"),
    _("dashboard"),
    _("decision template"),
    _("decision templates"),
    _("feedback"),
    _("flag"),
    _("flags"),
    _("job"),
    _("jobs"),
    _("legal hold"),
    _("legal holds"),
    _("model price"),
    _("model prices"),
    _("moderation rule"),
    _("moderation rules"),
    _("quota"),
    _("quotas"),
    _("redaction"),
    _("redactions"),
    _("sign-in"),
    _("sign-ins"),
    _("turn"),
    _("turns"),
    _("usage entry"),
    _("usage entries"),
    _("user"),
    _("users"),
    # What lists tell of them.
    _("active at"),
    _("address"),
    _("archived"),
    _("author"),
    _("client"),
    _("completion tokens"),
    _("created at"),
    _("date joined"),
    _("error code"),
    _("expires at"),
    _("first token ms"),
    _("last used at"),
    _("message count"),
    _("mode"),
    _("model"),
    _("name"),
    _("number"),
    _("outcome"),
    _("owner"),
    _("parameters"),
    _("pinned"),
    _("prompt tokens"),
    _("rated at"),
    _("rating"),
    _("reason"),
    _("seen at"),
    _("severity"),
    _("status"),
    _("suspended at"),
    _("total ms"),
}


def translate(app: AppConfig) -> None:
    """Let the names of this app's models and fields be told in the language of whoever looks."""
    for model in app.get_models():
        for owner, name in ((model._meta, "verbose_name"), (model._meta, "verbose_name_plural")):
            _let(owner, name)
        for field in model._meta.fields:
            _let(field, "verbose_name")


def _let(owner: object, name: str) -> None:
    said = str(getattr(owner, name))
    if said in NAMES:
        setattr(owner, name, gettext_lazy(said))
