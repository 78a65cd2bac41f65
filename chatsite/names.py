"""What rows and their fields are called in the admin, in the reader's language.

Django derives most of these names from those in the code. They are marked here, so that they need no migration.
"""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_noop as _

if TYPE_CHECKING:
    from django.contrib.auth.models import Permission

NAMES = {
    # What there are rows of, one and several.
    _("attachment"),
    _("attachments"),
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
    _("daily figure"),
    _("dashboard"),
    _("decision template"),
    _("decision templates"),
    _("drawn page"),
    _("drawn pages"),
    _("dry run"),
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
    _("message"),
    _("messages"),
    _("passage"),
    _("passages"),
    _("passage indexes"),
    _("preset"),
    _("presets"),
    _("reading grant"),
    _("reading grants"),
    _("redaction"),
    _("redactions"),
    _("retention policy"),
    _("search entries"),
    _("share link"),
    _("share links"),
    _("sign-in"),
    _("sign-ins"),
    _("stored file"),
    _("stored files"),
    _("summaries"),
    _("tag"),
    _("tags"),
    _("turn"),
    _("turns"),
    _("usage entry"),
    _("usage entries"),
    _("user"),
    _("users"),
    # What lists and records tell of them.
    _("action"),
    _("active at"),
    _("address"),
    _("archived"),
    _("assignee"),
    _("at"),
    _("attempts"),
    _("author"),
    _("bucket"),
    _("by"),
    _("cached price"),
    _("cached tokens"),
    _("category"),
    _("changed at"),
    _("chats days"),
    _("client"),
    _("completion price"),
    _("completion tokens"),
    _("concurrent turns"),
    _("condensed"),
    _("conversation id"),
    _("cost"),
    _("cost per month"),
    _("counted"),
    _("created at"),
    _("currency"),
    _("date joined"),
    _("day"),
    _("decided at"),
    _("decided by"),
    _("depth"),
    _("details"),
    _("discarded"),
    _("due at"),
    _("email digest"),
    _("ended at"),
    _("ends at"),
    _("error"),
    _("error code"),
    _("expires at"),
    _("files days"),
    _("finish reason"),
    _("finished at"),
    _("first token ms"),
    _("grace days"),
    _("group"),
    _("groups"),
    _("hash"),
    _("id"),
    _("instructed"),
    _("key"),
    _("kind"),
    _("label"),
    _("last used at"),
    _("left out"),
    _("live at"),
    _("message count"),
    _("message id"),
    _("mode"),
    _("model"),
    _("name"),
    _("note"),
    _("notes"),
    _("number"),
    _("outcome"),
    _("owner"),
    _("owner id"),
    _("parameters"),
    _("parent"),
    _("patterns"),
    _("pinned"),
    _("place"),
    _("placed by"),
    _("prefix"),
    _("previous"),
    _("prompt price"),
    _("prompt tokens"),
    _("provider"),
    _("purpose"),
    _("rated at"),
    _("rating"),
    _("ratio"),
    _("reason"),
    _("reporter"),
    _("request id"),
    _("requests per minute"),
    _("revoked at"),
    _("rule"),
    _("rule name"),
    _("samples"),
    _("scope"),
    _("seen at"),
    _("severity"),
    _("source"),
    _("started at"),
    _("state"),
    _("status"),
    _("suspend after"),
    _("suspended at"),
    _("through"),
    _("tokens"),
    _("tokens per day"),
    _("told"),
    _("total ms"),
    _("truncated"),
    _("turn id"),
    _("type"),
    _("usage days"),
    _("value"),
    _("verbatim"),
    _("version"),
    _("window"),
    _("window used"),
    _("words"),
}
# What Django makes of a name by itself, and what it is called.
PLURALS = {"passage indexs": "passage indexes"}

# What may be done with rows of any kind, by the beginning of the right's code name.
RIGHTS = {"add": _("Can add"), "change": _("Can change"), "delete": _("Can delete"), "view": _("Can view")}
SPECIAL_RIGHTS = {
    _("Can fetch, delete and try out models"),
    _("Can read conversations of others, giving each time a reason"),
    _("Can remove messages of others"),
    _("Can share prompts with others"),
    _("Keeps pinned chats from being deleted by a retention policy"),
}


def right(permission: "Permission") -> str:
    """Return what a right is called: the app, the kind of row, and what may be done with it."""
    verb = permission.codename.partition("_")[0]
    told = permission.name if permission.name in SPECIAL_RIGHTS else RIGHTS.get(verb, permission.name)
    return f"{permission.content_type} | {gettext(told)}"


def translate(app: AppConfig) -> None:
    """Let the names of this app's models and fields be told in the language of whoever looks."""
    for model in app.get_models():
        for owner, name in ((model._meta, "verbose_name"), (model._meta, "verbose_name_plural")):
            _let(owner, name)
        for field in [*model._meta.fields, *model._meta.many_to_many]:
            _let(field, "verbose_name")


def _let(owner: object, name: str) -> None:
    said = PLURALS.get(said := str(getattr(owner, name)), said)
    if said in NAMES:
        setattr(owner, name, gettext_lazy(said))
