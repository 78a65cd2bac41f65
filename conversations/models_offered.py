"""Which models the page offers, and which one a conversation gets."""

from llm.catalog import Listing

from . import runner


def listing() -> Listing:
    """Return the models as last seen by this process; asking does not wait for any model server."""
    engine = runner.current()
    if engine is None:
        return Listing(models=(), default=None, states={}, demo=False)
    engine.refresh_catalog()
    return engine.catalog.listing()


def chosen(listing: Listing, wanted: str) -> str | None:
    """Return the id of the model to use: the wanted one, also if it is away just now, else the default."""
    return wanted or listing.default
