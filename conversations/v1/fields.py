"""The fields of a JSON object, read by name and kind; a field that nobody read is refused."""

from typing import Any

from ..errors import Invalid

SHOWN_CHARACTERS = 100
LARGEST_WHOLE = 2**31 - 1


class Fields:
    """One object of a request, at `path`; a field that is null counts as one that was not sent.

    Everything raises `Invalid` with the path of the field, as the protocols show it: `messages.0.content`.
    """

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, dict):
            raise Invalid(f"{path or 'The body'} must be a JSON object.", code="invalid", param=path or None)
        self.path = path
        self._left = {name: field for name, field in value.items() if field is not None}

    def at(self, name: str) -> str:
        """Return the path of a field."""
        name = name[:SHOWN_CHARACTERS]
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, why: str, *, code: str = "invalid") -> Invalid:
        """Return the error for a field: `why` goes on after its path, such as "must be text."."""
        return Invalid(f"{self.at(name)} {why}", code=code, param=self.at(name))

    def has(self, name: str) -> bool:
        """Whether the field is there and has not been read yet."""
        return name in self._left

    def any(self, name: str) -> Any:
        """Return the field whatever it is, None if it is not there."""
        return self._left.pop(name, None)

    def needed(self, name: str) -> None:
        """Raise unless the field is there."""
        if name not in self._left:
            raise self.wrong(name, "is missing.")

    def text(self, name: str, *, longest: int | None = None) -> str | None:
        """Return a field of text."""
        value = self.any(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "must be text.")
        if value is not None and longest is not None and len(value) > longest:
            raise self.wrong(name, f"may have {longest} characters at most.")
        return value

    def name(self, name: str, *, longest: int) -> str:
        """Return a field of text that must be there, with something in it."""
        self.needed(name)
        value = self.text(name, longest=longest)
        if not value:
            raise self.wrong(name, "must not be empty.")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """Return a field that is one of a few words."""
        value = self.text(name)
        if value is not None and value not in choices:
            raise self.wrong(name, f"must be one of {', '.join(choices)}.")
        return value

    def flag(self, name: str) -> bool | None:
        """Return a field that is true or false."""
        value = self.any(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "must be true or false.")
        return value

    def number(self, name: str, *, least: float, most: float) -> float | None:
        """Return a number between two bounds, both included."""
        value = self.any(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(name, f"must be a number from {least:g} to {most:g}.")
        return value

    def whole(self, name: str, *, least: int = 1, most: int = LARGEST_WHOLE) -> int | None:
        """Return a whole number between two bounds, both included."""
        value = self.any(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(name, f"must be a whole number from {least} to {most}.")
        return value

    def inner(self, name: str) -> "Fields | None":
        """Return an object inside of this one."""
        value = self.any(name)
        return None if value is None else Fields(value, self.at(name))

    def part(self, name: str) -> "Fields":
        """Return an object inside of this one that must be there."""
        self.needed(name)
        return Fields(self.any(name), self.at(name))

    def items(self, name: str, *, most: int | None = None) -> list[Any] | None:
        """Return a list, whatever it holds."""
        value = self.any(name)
        if value is not None and not isinstance(value, list):
            raise self.wrong(name, "must be a list.")
        if value is not None and most is not None and len(value) > most:
            raise self.wrong(name, f"may have {most} items at most.")
        return value

    def objects(self, name: str, *, most: int | None = None) -> list["Fields"]:
        """Return the objects of a list, an empty one if it is not there."""
        return [
            Fields(item, f"{self.at(name)}.{number}") for number, item in enumerate(self.items(name, most=most) or ())
        ]

    def texts(self, name: str, *, most: int, longest: int) -> tuple[str, ...]:
        """Return a list of text, none of it empty."""
        items = self.items(name, most=most) or []
        if not all(isinstance(item, str) and 0 < len(item) <= longest for item in items):
            raise self.wrong(name, f"must be a list of text, each with 1 to {longest} characters.")
        return tuple(items)

    def schema(self, name: str) -> dict[str, Any] | None:
        """Return a JSON schema."""
        value = self.any(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "must be a JSON schema.")
        return value

    def ignore(self, *names: str) -> None:
        """Pass over fields that change nothing about the answer."""
        for name in names:
            self._left.pop(name, None)

    def refuse(self, name: str, *harmless: Any) -> None:
        """Raise if a field is there that cannot be done here, unless it has one of the values that ask for nothing."""
        if self.has(name) and self.any(name) not in harmless:
            raise self.wrong(name, "cannot be used here.", code="unsupported")

    def done(self) -> None:
        """Raise for a field that nobody has read."""
        for name in self._left:
            raise self.wrong(name, "is no field that is known here.", code="unknown_field")
