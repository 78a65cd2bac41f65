"""Does a value fit a JSON schema? The part of JSON Schema that tools are described with."""

from typing import Any

MOST_PROBLEMS = 5
DEEPEST = 20
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def problems(value: Any, *, schema: dict[str, Any], what: str = "the arguments") -> list[str]:
    """Return what is wrong with a value, called `what`, a sentence each and five at most; an empty list if it fits.

    Names that the schema does not have are wrong unless it says `additionalProperties: true`.
    """
    found: list[str] = []
    check(value, schema, what, found, 0)
    return found[:MOST_PROBLEMS]


def check(value: Any, schema: dict[str, Any], where: str, found: list[str], depth: int) -> None:
    if depth > DEEPEST:
        found.append(f"{where} is nested too deeply.")
        return
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else list(wanted or ())
    if names and not any(has_type(value, name) for name in names):
        found.append(f"{where} must be of type {' or '.join(names)}.")
        return
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} must be one of {', '.join(map(str, schema['enum']))}.")
    if isinstance(value, dict):
        check_object(value, schema, where, found, depth)
    elif isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            found.append(f"{where} has more than {schema['maxItems']} items.")
        if len(value) < schema.get("minItems", 0):
            found.append(f"{where} has fewer than {schema['minItems']} items.")
        for number, item in enumerate(value):
            check(item, schema.get("items", {}), f"item {number} of {where}", found, depth + 1)
    elif isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)):
            found.append(f"{where} is longer than {schema['maxLength']} characters.")
        if len(value) < schema.get("minLength", 0):
            found.append(f"{where} is shorter than {schema['minLength']} characters.")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            found.append(f"{where} is less than {schema['minimum']}.")
        if value > schema.get("maximum", value):
            found.append(f"{where} is more than {schema['maximum']}.")


def check_object(value: dict[str, Any], schema: dict[str, Any], where: str, found: list[str], depth: int) -> None:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            found.append(f"{name!r} is missing in {where}.")
    for name, item in value.items():
        if name in properties:
            check(item, properties[name], repr(name), found, depth + 1)
        elif schema.get("additionalProperties") is not True:
            found.append(f"{name!r} is not known in {where}.")


def has_type(value: Any, name: str) -> bool:
    """Tell whether a value is of a JSON type; booleans are no numbers."""
    return isinstance(value, TYPES.get(name, ())) and not (isinstance(value, bool) and name in ("integer", "number"))
