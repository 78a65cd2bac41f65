"""The second factor: codes from an app, recovery codes and passkeys, kept by allauth and asked for on every way in."""

from .checking import PROVING, check_code, forget_lone_codes, is_on

__all__ = ["PROVING", "check_code", "forget_lone_codes", "is_on"]
