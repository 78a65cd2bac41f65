"""Importing what was exported, here or elsewhere: all of it or nothing, under new ids, as one's own."""

from .account import PREFERENCES, Brought
from .verbs import Imported, take_in

__all__ = ["PREFERENCES", "Brought", "Imported", "take_in"]
