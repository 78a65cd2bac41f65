"""Every address of the site, by the app that answers it."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts.views import theme
from chatsite import health, reference

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("settings/", include("accounts.settings_urls")),
    path("api/auth/", include("accounts.api_urls")),
    path("api/schema/", reference.SchemaView.as_view(), name="schema"),
    path("api/docs/", reference.docs, name="api_docs"),
    path("api/redoc/", reference.redoc, name="api_redoc"),
    path("api/", include("conversations.api.urls")),
    path("v1/", include("conversations.v1.urls")),
    path("preferences/theme/", theme, name="theme"),
    path("preferences/language/", require_POST(set_language), name="set_language"),
    path("health", health.detail, name="health"),
    path("", include("conversations.urls")),
]

handler400 = "chatsite.errors.bad_request"
handler403 = "chatsite.errors.forbidden"
handler404 = "chatsite.errors.not_found"
handler500 = "chatsite.errors.server_error"
