"""The forms of the account pages: allauth's, with our rules and our words."""

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import audit, invitations, jobs, mail, people, signup, throttles
from .models import User
from .text import NAME_MAX_CHARACTERS, name_problems


def _relabel(form: forms.Form, **labels: str) -> None:
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].help_text = ""
        form.fields[name].widget.attrs.pop("placeholder", None)


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(
            self,
            login=gettext("E-mail"),
            password=gettext("Password"),
            remember=gettext("Stay signed in on this device"),
        )
        self.fields["login"].widget.attrs["autocomplete"] = "username"

    def clean_password(self) -> str:
        return _short_enough(self.cleaned_data["password"])


class SignupForm(allauth_forms.SignupForm):
    name = forms.CharField(
        label=_("Your name"),
        required=False,
        max_length=NAME_MAX_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["name", "email", "password1"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(self, name=gettext("Your name"), email=gettext("E-mail"), password1=gettext("Password"))
        self.fields["email"].error_messages["invalid"] = people.NO_ADDRESS
        if bound := self.initial.get("email"):
            # Only with this address the invitation can be used.
            self.fields["email"].widget.attrs |= {"readonly": True, "value": bound}
        self.fields["password1"].help_text = gettext("At least 10 characters. A short sentence works well.")

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()

    def clean(self) -> dict:
        fields = self.cleaned_data
        if not self.errors:
            found = people.problems(email=fields["email"], password=fields["password1"], name=fields["name"])
            for field, sentences in found.items():
                self.add_error("password1" if field == "password" else field, sentences)
        return fields

    def save(self, request: HttpRequest) -> User:
        fields = self.cleaned_data
        chosen = {"email": fields["email"], "password": fields["password1"], "name": fields["name"]}
        user = signup.sign_up(**chosen, invitation=signup.invited_by(request))
        request.session.pop(invitations.SESSION_KEY, None)
        return user

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Return the new person, and a page instead of the way in where they have to wait."""
        user, response = super().try_save(request)
        if user is not None and not user.is_active:
            response = get_adapter().shut_page(request, user, status=202)
        return user, response


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(
            self,
            oldpassword=gettext("Current password"),
            password1=gettext("New password"),
            password2=gettext("New password again"),
        )

    def clean_oldpassword(self) -> str:
        password = _short_enough(self.cleaned_data["oldpassword"])
        throttles.check("current_password", context.request, account=self.user.email)
        try:
            self.cleaned_data["oldpassword"] = password
            return super().clean_oldpassword()
        except forms.ValidationError:
            throttles.count("current_password", context.request, account=self.user.email)
            audit.note("password.wrong", target=self.user)
            raise


class ChangeEmailForm(forms.Form):
    """Another address, which counts once its mail was answered."""

    email = forms.EmailField(
        label=_("New e-mail"),
        max_length=people.EMAIL_MAX_CHARACTERS,
        error_messages={"invalid": people.NO_ADDRESS},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args, user: User, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip()
        if found := people.email_problems(email):
            raise forms.ValidationError(found)
        if email.lower() == self.user.email:
            raise forms.ValidationError(gettext("This is your address already."))
        return email.lower()


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name"]
        labels = {"name": _("Name")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if found := name_problems(name):
            raise forms.ValidationError(found)
        return name


class LooksForm(forms.ModelForm):
    language = forms.ChoiceField(required=False, choices=lambda: [("", ""), *settings.LANGUAGES])

    class Meta:
        model = User
        fields = ["theme", "density", "language"]
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect}


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(self, email=gettext("E-mail"))
        self.fields["email"].error_messages["invalid"] = people.NO_ADDRESS

    def clean_email(self) -> str:
        # Whether there is such an account is looked up by the job that sends the mail: here nothing must show it.
        return self.cleaned_data["email"].lower()

    def save(self, request: HttpRequest, **kwargs) -> str:
        email = self.cleaned_data["email"]
        audit.note("password.reset_asked", email=email)
        jobs.queue_password_reset(email=email, site=mail.site_of(request))
        return email


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(self, password1=gettext("New password"), password2=gettext("New password again"))


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(self, password=gettext("Password"))

    def clean_password(self) -> str:
        _short_enough(self.cleaned_data["password"])
        try:
            return super().clean_password()
        except forms.ValidationError:
            audit.note("password.wrong", target=self.user)
            raise


def _short_enough(password: str) -> str:
    if len(password) > people.PASSWORD_MAX_CHARACTERS:
        raise forms.ValidationError(
            gettext("The password is longer than %(password_max_characters)s characters.")
            % {"password_max_characters": people.PASSWORD_MAX_CHARACTERS}
        )
    return password
