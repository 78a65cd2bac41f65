"""Addresses under /accounts/: allauth's pages that this site offers, with our limits on guessing."""

from allauth.account import views as allauth_views
from django.urls import path, re_path

from . import key_views, settings_views, views
from .factors import views as factors
from .oidc import views as oidc

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("login/code/", factors.enter_code, name="mfa_authenticate"),
    path("login/passkey/", factors.passkey_sign_in, name="mfa_login_webauthn"),
    path("signup/", views.sign_up, name="account_signup"),
    path("invitation/<str:secret>/", views.invitation, name="account_invitation"),
    path("oidc/", oidc.begin, name="account_oidc"),
    path("oidc/callback/", oidc.callback, name="account_oidc_callback"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("reauthenticate/code/", factors.confirm_code, name="mfa_reauthenticate"),
    path("reauthenticate/passkey/", factors.confirm_passkey, name="mfa_reauthenticate_webauthn"),
    re_path(r"^email/confirm/(?P<key>[-:\w]+)/$", settings_views.confirm_email, name="account_confirm_email"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("keys/", key_views.overview, name="account_keys"),
    path("keys/<uuid:key_id>/revoke/", key_views.revoke, name="account_key_revoke"),
    path("password/set/", allauth_views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth_views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
