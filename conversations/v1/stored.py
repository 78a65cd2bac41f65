"""A question that is kept: asked as a turn of a conversation, its answer read along while it is written."""

import asyncio
import uuid

from accounts.models import User
from chatsite.threads import in_database
from llm.events import Event, Finished, Text, Thinking
from llm.tokens import estimate
from llm.values import Options, Usage

from .. import events, live, profiles, turns
from ..errors import Invalid, NotFound, RefusedByRule
from ..models import Message as Row
from ..models import Turn
from ..wire import FORMATS
from .asked import Asked
from .caller import FILTERED, check_abilities, engine
from .problems import AnswerFailed

# Strong references to the tasks that stop listening.
_leaving: set[asyncio.Task] = set()

UNSTORABLE = "cannot be used with a conversation: it is not kept there."


async def begin(user: User, asked: Asked, client_id: str | None) -> "Overheard":
    """Return the answer to the last question, which is a turn of the conversation by now; raises ChatError."""
    text = question(asked)
    found = await profiles.resolve(engine().catalog, user=user, wanted=asked.model)
    check_abilities(asked, found.model)
    started = await in_database(
        turns.start,
        conversation_id=asked.conversation_id,
        author=user,
        text=text,
        client_id=client_id,
        model=found.model.id,
    )
    answer = Overheard(started, show_thinking=asked.show_thinking)
    try:
        await answer.join()
    except BaseException:
        answer.close()
        raise
    return answer


def question(asked: Asked) -> str:
    """Return the text to ask; raises Invalid for what a conversation does not keep.

    Earlier messages are passed over: the conversation has its own.
    """
    last = asked.messages[-1]
    if last.role != "user":
        raise Invalid("The last message must be a user's question.", code="unsupported", param="messages")
    if last.images:
        raise Invalid(f"A picture {UNSTORABLE}", code="unsupported", param="messages")
    if any(message.role == "system" for message in asked.messages):
        detail = f"A system message {UNSTORABLE} Give the conversation instructions instead."
        raise Invalid(detail, code="unsupported", param="messages")
    if asked.tools:
        raise Invalid(f"tools {UNSTORABLE}", code="unsupported", param="tools")
    if asked.options != Options():
        detail = "How an answer is written cannot be set with a conversation: leave the sampling parameters away."
        raise Invalid(detail, code="unsupported")
    return last.text


class Listener(live.Watcher):
    """Remembers the answers that grow in a conversation, and how its turns ended, until its reader looks."""

    def __init__(self) -> None:
        super().__init__(FORMATS["plain"])
        self.growing: dict[str, live.LiveMessage] = {}
        self.completed: dict[str, str] = {}
        self.ended: dict[str, dict] = {}

    def put(self, event: dict) -> None:
        """Remember an end."""
        match event["type"]:
            case "message.completed":
                self.completed[event["turn"]] = event["content"]
            case "turn.finished":
                self.ended[event["turn"]] = event
            case "conversation.deleted":
                self.gone = True
        self._ready.set()

    def grew(self, message: live.LiveMessage) -> None:
        """Remember which message there is more of."""
        self.growing[message.turn] = message
        self._ready.set()

    def lose(self) -> None:
        """Nothing is lost: the text is where it was, and its end will be told."""

    def wake(self) -> None:
        """Let the reader look again."""
        self._ready.set()

    async def wait(self) -> None:
        """Return when there is news since the last time."""
        await self._ready.wait()
        self._ready.clear()


class Overheard:
    """The answer of a turn, as its words come; the turn goes on when nobody reads along."""

    def __init__(self, started: turns.Started, *, show_thinking: bool) -> None:
        self.id = started.answer.pk.hex
        self.model = started.turn.model
        self.prompt_tokens = estimate(started.question.text)
        self._turn = str(started.turn.pk)
        self._conversation_id = started.turn.conversation_id
        self._listener = Listener()
        self._feed: live.Feed | None = None
        self._show_thinking = show_thinking
        self._said = 0
        self._thought = 0
        # Why its reader may not read on.
        self._why: Exception | None = None

    async def join(self) -> None:
        """Begin to listen; what was said before is heard too."""
        listener = self._listener
        self._feed = await live.watch(self._conversation_id, listener)
        for message in self._feed.messages.values():
            listener.growing[message.turn] = message
        if end := await in_database(_ended, self._turn):
            # It was over before anybody listened.
            listener.completed[self._turn], listener.ended[self._turn] = end

    def turn_away(self, why: Exception) -> None:
        """Let `next` raise why its reader may not read on; the turn goes on."""
        self._why = why
        self._listener.wake()

    def close(self) -> None:
        """Listen no more."""
        if self._feed is not None:
            _leave(self._feed, self._listener)
            self._feed = None

    async def next(self, *, within: float) -> Event | None:
        """Return the next event, None after so many seconds without one; raises what ended the answer early."""
        try:
            async with asyncio.timeout(within):
                while (event := self._look()) is None:
                    await self._listener.wait()
        except TimeoutError:
            return None
        return event

    def _look(self) -> Event | None:
        """Return what has been said since the last time, or the end of it."""
        if self._why is not None:
            raise self._why
        listener, turn = self._listener, self._turn
        message = listener.growing.get(turn)
        if message is not None and self._show_thinking and len(message.thinking) > self._thought:
            thinking, self._thought = message.thinking[self._thought :], len(message.thinking)
            return Thinking(thinking)
        text = listener.completed.get(turn) or (message.text if message is not None else "")
        if len(text) > self._said:
            more, self._said = text[self._said :], len(text)
            return Text(more)
        if turn in listener.ended:
            return _finish(listener.ended[turn])
        if listener.gone:
            raise NotFound("The conversation was deleted while this was being written.")
        return None


def _finish(ended: dict) -> Finished:
    """Return the end of a turn, or raise what it failed with."""
    error = ended["error"]
    if ended["status"] in (Turn.Status.COMPLETED, Turn.Status.STOPPED):
        counted = ended["usage"] or {"prompt_tokens": 0, "completion_tokens": 0, "exact": False}
        usage = Usage(counted["prompt_tokens"] or 0, counted["completion_tokens"] or 0, exact=counted["exact"])
        # A stopped answer is not whole, and neither protocol has a better word for that.
        reason = ended["finish_reason"] if ended["status"] == Turn.Status.COMPLETED else "length"
        return Finished(reason=reason, usage=usage)
    if error is not None and error["code"] == RefusedByRule.code:
        return Finished(reason=FILTERED, usage=None)
    if error is None:
        raise AnswerFailed("This answer was not finished.", code=ended["status"])
    raise AnswerFailed(error["detail"], code=error["code"])


def _ended(turn_id: str) -> tuple[str, dict] | None:
    turn = Turn.objects.get(pk=turn_id)
    if turn.is_open:
        return None
    answer = turn.messages.filter(role=Row.Role.ASSISTANT).last()
    return (answer.text if answer else ""), events.turn_finished(turn)


def _leave(feed: live.Feed, listener: Listener) -> None:
    task = asyncio.create_task(live.unwatch(feed, listener))
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)


def key_of(header: str | None, user: User) -> str | None:
    """Return the client_id of an `Idempotency-Key`; whatever it is, the same one asks the same question once."""
    return str(uuid.uuid5(user.pk, header)) if header else None
