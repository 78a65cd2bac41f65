"""The pages of the settings that are about the account: who one is, how it looks, what lets one in."""

import uuid

from allauth.account import views as allauth_views
from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatsite import languages

from . import browsers, emails, factors, people, tokens
from .errors import LastAdministrator, NoSuchBrowser
from .forms import ChangeEmailForm, LooksForm, ProfileForm
from .models import ApiKey, SignIn, User
from .signed_in import who_asks
from .views import tells_errors


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """The name and the address, and what staff can see."""
    user = who_asks(request)
    form = ProfileForm(request.POST or None, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        people.change_preferences(user=user, name=form.cleaned_data["name"])
        messages.success(request, gettext("Saved."))
        return redirect("settings")
    context = {"section": "profile", "form": form, "waiting": emails.waiting(user=user)}
    return render(request, "settings/profile.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@tells_errors
@reauthentication_required(app="allauth.account")
def email(request: HttpRequest) -> HttpResponse:
    """Another address: a mail goes to it, and it counts once its link was followed."""
    user = who_asks(request)
    form = ChangeEmailForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        emails.ask(request=request, user=user, email=form.cleaned_data["email"])
        messages.info(
            request,
            gettext("A mail is on its way to %(email)s. Follow its link to change over.")
            % {"email": form.cleaned_data["email"]},
        )
        return redirect("settings")
    return render(request, "settings/email.html", {"section": "profile", "form": form})


@login_required
@require_POST
def email_forget(request: HttpRequest) -> HttpResponse:
    """Keep the address that is, after all."""
    emails.forget(user=who_asks(request))
    return redirect("settings")


class ConfirmEmailView(allauth_views.ConfirmEmailView):
    def post(self, *args, **kwargs) -> HttpResponse:
        user = self.get_object().email_address.user
        old = user.email
        try:
            with transaction.atomic():
                answer = super().post(*args, **kwargs)
        except IntegrityError:
            # Somebody has made an account with it meanwhile.
            messages.error(
                self.request, gettext("This address belongs to another account by now. Nothing was changed.")
            )
            return redirect("settings" if self.request.user.is_authenticated else "account_login")
        user.refresh_from_db(fields=["email"])
        if user.email != old:
            emails.tell_old(user=user, old=old)
        return answer


confirm_email = never_cache(tells_errors(ConfirmEmailView.as_view()))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def looks(request: HttpRequest) -> HttpResponse:
    """Theme, density and language."""
    user = who_asks(request)
    initial = {"theme": user.theme, "density": user.density, "language": user.language}
    form = LooksForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        people.change_preferences(user=user, **form.cleaned_data)
        translation.activate(languages.of_request(request))
        messages.success(request, gettext("Saved."))
        return redirect("settings_looks")
    return render(request, "settings/looks.html", {"section": "looks", "form": form})


@login_required
@never_cache
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """What lets one in: password, second step, passkeys and keys; and where one is signed in."""
    user = who_asks(request)
    found = {each.type: each for each in Authenticator.objects.filter(user=user)}
    codes = found.get(Authenticator.Type.RECOVERY_CODES)
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("pk")
    context = {
        "section": "security",
        "protected": factors.is_on(user=user),
        "app": found.get(Authenticator.Type.TOTP),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "passkeys": passkeys,
        "browsers": browsers.listed(request=request, user=user),
        "earlier": browsers.came_by_password(request=request, user=user),
        "sign_ins": SignIn.objects.alive().filter(user=user),
        "keys": ApiKey.objects.alive().filter(user=user).count(),
    }
    return render(request, "settings/security.html", context)


@login_required
@require_POST
def browser_end(request: HttpRequest, browser_id: uuid.UUID) -> HttpResponse:
    """Sign one browser out; this one too, if it is that."""
    browser = browsers.find_own(user=who_asks(request), browser_id=browser_id)
    if browser.session_key == request.session.session_key:
        logout(request)
        return redirect("landing")
    browsers.end(browser=browser)
    messages.success(request, gettext("That browser was signed out."))
    return redirect("mfa_index")


@login_required
@require_POST
def sign_in_end(request: HttpRequest, sign_in_id: uuid.UUID) -> HttpResponse:
    """Sign one program out."""
    found = SignIn.objects.alive().filter(user=who_asks(request), pk=sign_in_id).first()
    if found is None:
        raise NoSuchBrowser
    tokens.revoke(sign_in=found)
    messages.success(request, gettext("That program was signed out."))
    return redirect("mfa_index")


@login_required
@require_POST
def others_end(request: HttpRequest) -> HttpResponse:
    """Sign out everything but this browser."""
    browsers.end_all_others(request=request, user=who_asks(request))
    messages.success(request, gettext("Every other browser and program was signed out. API keys go on working."))
    return redirect("mfa_index")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@tells_errors
@reauthentication_required
def delete(request: HttpRequest) -> HttpResponse:
    """Say what goes with the account, and delete it when its address was typed."""
    user = who_asks(request)
    problem, status = "", 200
    if request.method == "POST":
        if request.POST.get("email", "").strip().lower() != user.email:
            problem = gettext("Type your e-mail address exactly to confirm.")
        else:
            try:
                # Another instance: this one signs out afterwards, and must still know who it was.
                people.delete(user=User.objects.get(pk=user.pk))
            except LastAdministrator as error:
                problem, status = str(error.detail), error.status
            else:
                logout(request)
                messages.success(request, gettext("Your account and everything in it was deleted."))
                return redirect("account_login")
    return render(request, "settings/delete.html", {"section": "data", "problem": problem}, status=status)
