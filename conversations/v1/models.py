"""The listing of models, in the words of whichever client asks."""

from django.http import Http404, HttpResponseBase
from rest_framework.request import Request

from chatsite.threads import in_database

from .. import profiles
from . import described
from .anthropic.views import AnthropicShape
from .caller import engine
from .openai.views import OpenAIShape
from .views import ProgramView, Shape

# Every client of Anthropic's sends it, and no other.
ANTHROPIC_HEADER = "Anthropic-Version"


class EitherView(ProgramView):
    """A call that both protocols have."""

    def shape(self) -> Shape:
        """Return the protocol that the client's headers tell."""
        return AnthropicShape() if ANTHROPIC_HEADER in self.request.headers else OpenAIShape()


@described.models
class ModelsView(EitherView):
    """List the models."""

    # All models are on one page.
    harmless_parameters = frozenset({"limit", "after_id", "before_id", "lifecycle"})

    async def get(self, request: Request) -> HttpResponseBase:
        """Return every model that this person may use."""
        listing = await engine().catalog.refresh()
        seen = await in_database(profiles.seen_by, request.user)
        listing = seen.listing(listing)
        return self.json(self.shape().models(list(listing.models)))


@described.model
class ModelView(EitherView):
    """Tell about one model."""

    async def get(self, request: Request, model_id: str) -> HttpResponseBase:
        """Return the model."""
        found = await profiles.resolve(engine().catalog, user=request.user, wanted=model_id)
        return self.json(self.shape().model(found.model))


class NowhereView(EitherView):
    """Every other address: there is nothing there, in the client's own words."""

    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Say so."""
        raise Http404
