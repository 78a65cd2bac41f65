"""How a model is asked in a conversation: what may be set, within which limits, and what a provider is told of it."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.languages import grouped
from llm.values import Options

from .errors import Invalid

# Above 2 no server takes a temperature, and what comes out is noise long before.
TEMPERATURE_MAX = 2.0
SEED_MAX = 2**31 - 1
CONTEXT_MIN = 1024
CONTEXT_MAX = 2_000_000


def check(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are set; those that are None are left to the model. Raises Invalid.

    `temperature` and `top_p` say how freely a model chooses its words, `seed` makes it choose the same ones again,
    `context_length` is how many tokens of the model's window the conversation may take, `thinking` whether it thinks
    before it answers.
    """
    if unknown := sorted(set(sent) - set(CHECKS)):
        raise Invalid(
            gettext("There is no parameter %(unknown)s. There are: %(checks)s.")
            % {"unknown": f"{unknown[0][:50]!r}", "checks": ", ".join(CHECKS)},
            code=CODE,
        )
    return {name: CHECKS[name](sent[name]) for name in CHECKS if sent.get(name) is not None}


def options(parameters: Mapping[str, Any]) -> Options:
    """Return what of the parameters a provider is told.

    Not the window: Ollama loads a model anew for each other one. The conversation is cut to it here instead.
    """
    return Options(
        temperature=parameters.get("temperature"),
        top_p=parameters.get("top_p"),
        seed=parameters.get("seed"),
        think=parameters.get("thinking"),
    )


def told(parameters: Mapping[str, Any]) -> str:
    """Return the parameters as people read them, such as "Temperature 0.2 · Seed 7"; empty if none is set."""
    return " · ".join(_words(name, parameters[name]) for name in CHECKS if name in parameters)


CODE = "invalid_parameter"
LABELS = {
    "temperature": _("Temperature"),
    "top_p": _("Top-p"),
    "seed": _("Seed"),
}


def _words(name: str, value: Any) -> str:
    if name == "thinking":
        return gettext("Thinking on") if value else gettext("Thinking off")
    if name == "context_length":
        return gettext("Window of %(number)s tokens") % {"number": grouped(value)}
    return f"{LABELS[name]} {number_format(f'{value:g}') if isinstance(value, float) else value}"


def _temperature(value: Any) -> float:
    return _number("temperature", value, 0, TEMPERATURE_MAX)


def _top_p(value: Any) -> float:
    share = _number("top_p", value, 0, 1)
    if not share:
        raise Invalid(gettext("top_p is more than 0 and at most 1."), code=CODE)
    return share


def _seed(value: Any) -> int:
    return _whole("seed", value, 0, SEED_MAX)


def _context_length(value: Any) -> int:
    return _whole("context_length", value, CONTEXT_MIN, CONTEXT_MAX)


def _thinking(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(gettext("thinking is true or false."), code=CODE)
    return value


def _number(name: str, value: Any, least: float, most: float) -> float:
    # One that is no number is not within any limits either.
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Invalid(
            gettext("%(name)s is a number from %(least)s to %(most)s.")
            % {"name": name, "least": f"{least:g}", "most": f"{most:g}"},
            code=CODE,
        )
    return float(value)


def _whole(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Invalid(
            gettext("%(name)s is a whole number from %(least)s to %(most)s.")
            % {"name": name, "least": grouped(least), "most": grouped(most)},
            code=CODE,
        )
    return value


CHECKS = {
    "temperature": _temperature,
    "top_p": _top_p,
    "seed": _seed,
    "context_length": _context_length,
    "thinking": _thinking,
}
