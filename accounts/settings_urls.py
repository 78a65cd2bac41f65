"""Addresses under /settings/ that are about the account; those about the chat are conversations' (urls.py)."""

from django.urls import path
from django.views.generic import RedirectView

from . import settings_views
from .factors import views as factors

urlpatterns = [
    path("", settings_views.profile, name="settings"),
    path("email/", settings_views.email, name="settings_email"),
    path("email/forget/", settings_views.email_forget, name="settings_email_forget"),
    path("looks/", settings_views.looks, name="settings_looks"),
    path("delete/", settings_views.delete, name="settings_delete"),
    # allauth goes to some of these by their names.
    path("security/", settings_views.security, name="mfa_index"),
    path("security/browsers/<uuid:browser_id>/end/", settings_views.browser_end, name="settings_browser_end"),
    path("security/programs/<uuid:sign_in_id>/end/", settings_views.sign_in_end, name="settings_sign_in_end"),
    path("security/others/end/", settings_views.others_end, name="settings_others_end"),
    path("security/app/", factors.activate, name="mfa_activate_totp"),
    path("security/app/off/", factors.deactivate, name="mfa_deactivate_totp"),
    path("security/codes/", factors.recovery_codes, name="mfa_view_recovery_codes"),
    path("security/codes/again/", factors.recovery_codes_again, name="mfa_generate_recovery_codes"),
    path("security/codes/file/", factors.recovery_codes_file, name="mfa_download_recovery_codes"),
    path("security/passkeys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("security/passkeys/add/", factors.passkey_add, name="mfa_add_webauthn"),
    path("security/passkeys/<int:pk>/remove/", factors.passkey_remove, name="mfa_remove_webauthn"),
]
