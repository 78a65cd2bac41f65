"""Addresses under /api/auth/."""

from django.urls import path

from . import api, api_keys

urlpatterns = [
    path("signup/", api.SignupView.as_view(), name="api_signup"),
    path("login/", api.LoginView.as_view(), name="api_login"),
    path("refresh/", api.RefreshView.as_view(), name="api_refresh"),
    path("logout/", api.LogoutView.as_view(), name="api_logout"),
    path("me/", api.MeView.as_view(), name="api_me"),
    path("keys/", api_keys.KeysView.as_view(), name="api_keys"),
    path("keys/<uuid:key_id>/", api_keys.KeyView.as_view(), name="api_key"),
    path("password-reset/", api.PasswordResetView.as_view(), name="api_password_reset"),
]
