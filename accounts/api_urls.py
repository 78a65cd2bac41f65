"""Addresses under /api/auth/."""

from django.urls import path

from . import api

urlpatterns = [
    path("signup/", api.SignupView.as_view(), name="api_signup"),
    path("login/", api.LoginView.as_view(), name="api_login"),
    path("refresh/", api.RefreshView.as_view(), name="api_refresh"),
    path("logout/", api.LogoutView.as_view(), name="api_logout"),
    path("me/", api.MeView.as_view(), name="api_me"),
    path("password-reset/", api.PasswordResetView.as_view(), name="api_password_reset"),
]
