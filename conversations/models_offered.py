"""Which models the page offers, and which one a conversation gets."""

from llm.catalog import Listing

from . import profiles, runner


def listing() -> Listing:
    """Return the models as last seen by this process; asking does not wait for any model server."""
    engine = runner.current()
    if engine is None:
        return Listing(models=(), default=None, states={}, demo=False)
    engine.refresh_catalog()
    return engine.catalog.listing()


def listing_for(user) -> Listing:
    """Return the models that this person may use, as last seen, with what they begin with."""
    return profiles.seen_by(user).listing(listing())


def to_begin_with(listing: Listing, wanted: str) -> str | None:
    """Return the id of the model to begin a conversation with: the wanted one if it is there, else the default."""
    return wanted if any(model.id == wanted for model in listing.models) else listing.default


def chosen(listing: Listing, wanted: str) -> str | None:
    """Return the id of the model to use: the wanted one, also if it is away just now, else the default."""
    return wanted or listing.default
