"""Importing what was exported, here or elsewhere: all of it or nothing, under new ids, as one's own."""

from .verbs import Imported, take_in

__all__ = ["Imported", "take_in"]
