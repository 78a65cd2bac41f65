"""The forms of the account pages: allauth's, with our rules and our words."""

from allauth.account import forms as allauth_forms
from allauth.core import context
from django import forms
from django.http import HttpRequest

from . import audit, jobs, mail, people, throttles
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
        _relabel(self, login="E-mail", password="Password", remember="Stay signed in on this device")
        self.fields["login"].widget.attrs["autocomplete"] = "username"

    def clean_password(self) -> str:
        return _short_enough(self.cleaned_data["password"])


class SignupForm(allauth_forms.SignupForm):
    name = forms.CharField(
        label="Your name",
        required=False,
        max_length=NAME_MAX_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["name", "email", "password1"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(self, name="Your name", email="E-mail", password1="Password")
        self.fields["email"].error_messages["invalid"] = people.NO_ADDRESS
        self.fields["password1"].help_text = "At least 10 characters. A short sentence works well."

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
        return people.sign_up(email=fields["email"], password=fields["password1"], name=fields["name"])


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(self, oldpassword="Current password", password1="New password", password2="New password again")

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
        label="New e-mail",
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
            raise forms.ValidationError("This is your address already.")
        return email.lower()


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name"]
        labels = {"name": "Name"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if found := name_problems(name):
            raise forms.ValidationError(found)
        return name


class LooksForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["theme", "density"]
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect}


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(self, email="E-mail")
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
        _relabel(self, password1="New password", password2="New password again")


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _relabel(self, password="Password")

    def clean_password(self) -> str:
        _short_enough(self.cleaned_data["password"])
        try:
            return super().clean_password()
        except forms.ValidationError:
            audit.note("password.wrong", target=self.user)
            raise


def _short_enough(password: str) -> str:
    if len(password) > people.PASSWORD_MAX_CHARACTERS:
        raise forms.ValidationError(f"The password is longer than {people.PASSWORD_MAX_CHARACTERS} characters.")
    return password
