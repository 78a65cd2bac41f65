"""More answers than may be written at once: the others wait in line, in order, and know where they stand."""

import asyncio
import random

import pytest

from conversations.runner.line import Line


class Waiter:
    """Somebody in the line: what they were told, and whether they are in."""

    def __init__(self, line: Line):
        self.told: list[int] = []
        self.inside = asyncio.Event()
        self.task = asyncio.create_task(self.enter(line))

    async def enter(self, line: Line) -> None:
        await line.enter("somebody", self.told.append)
        self.inside.set()


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_as_many_as_there_are_places_enter_at_once():
    line = Line(3)
    waiters = [Waiter(line) for _ in range(5)]
    await settle()
    assert [waiter.inside.is_set() for waiter in waiters] == [True, True, True, False, False]
    assert [waiter.told for waiter in waiters] == [[], [], [], [0], [1]]


async def test_whoever_leaves_lets_the_first_in_line_enter():
    line = Line(1)
    waiters = [Waiter(line) for _ in range(4)]
    order = []
    for _ in range(4):
        await settle()
        (entered,) = [number for number, waiter in enumerate(waiters) if waiter.inside.is_set() and number not in order]
        order.append(entered)
        line.leave("somebody")
    assert order == [0, 1, 2, 3]
    assert [waiter.told for waiter in waiters] == [[], [0], [1, 0], [2, 1, 0]]
    assert line.taken == 0


async def test_whoever_gives_up_leaves_the_line_and_the_others_move_up():
    line = Line(1)
    waiters = [Waiter(line) for _ in range(4)]
    await settle()
    waiters[2].task.cancel()
    await settle()
    assert waiters[3].told == [2, 1]
    line.leave("somebody")
    await settle()
    assert waiters[1].inside.is_set()
    assert not waiters[3].inside.is_set()


async def test_whoever_gives_up_at_the_moment_of_entering_passes_the_place_on():
    line = Line(1)
    waiters = [Waiter(line) for _ in range(3)]
    await settle()
    line.leave("somebody")
    # The place was given but not yet taken.
    waiters[1].task.cancel()
    await settle()
    assert not waiters[1].inside.is_set()
    assert waiters[2].inside.is_set()
    assert line.taken == 1


async def test_whoever_gives_up_just_before_a_place_is_free_is_passed_over():
    line = Line(1)
    waiters = [Waiter(line) for _ in range(3)]
    await settle()
    waiters[1].task.cancel()
    line.leave("somebody")
    await settle()
    assert waiters[1].task.cancelled()
    assert waiters[2].inside.is_set()
    assert line.taken == 1


@pytest.mark.parametrize("seed", range(50))
async def test_whatever_happens_no_place_is_lost_or_given_twice(seed: int):
    dice = random.Random(seed)
    line = Line(dice.randint(1, 4))
    waiters: list[Waiter] = []
    gone: set[Waiter] = set()
    for _ in range(120):
        inside = [waiter for waiter in waiters if waiter.inside.is_set() and waiter not in gone]
        outside = [waiter for waiter in waiters if not waiter.task.done()]
        match dice.choice(["come", "come", "leave", "give up", "settle"]):
            case "come":
                waiters.append(Waiter(line))
            case "leave" if inside:
                gone.add(dice.choice(inside))
                line.leave("somebody")
            case "give up" if outside:
                dice.choice(outside).task.cancel()
            case "settle":
                await settle()
        assert len(inside) <= line.places
    await settle()
    inside = [waiter for waiter in waiters if waiter.inside.is_set() and waiter not in gone]
    waiting = [waiter for waiter in waiters if not waiter.task.done()]
    assert line.taken == len(inside)
    assert len(inside) == line.places or not waiting
    for waiter in waiting:
        waiter.task.cancel()
    await settle()
    for _ in inside:
        line.leave("somebody")
    assert line.taken == 0
    assert [waiter.task.exception() for waiter in waiters if not waiter.task.cancelled()] == [None] * len(
        [waiter for waiter in waiters if waiter.inside.is_set()]
    )


# -- Between people ---------------------------------------------------------------------------------------------------


class Person:
    """Somebody's calls in a line."""

    def __init__(self, name: str, **options):
        self.name = name
        self.options = options
        self.tasks: list[asyncio.Task] = []
        self.told: list[list[int]] = []

    def come(self, line: Line, order: list[str]) -> None:
        """Enter the line, and note in `order` when it was this person's turn."""
        told: list[int] = []
        self.told.append(told)

        async def enter() -> None:
            await line.enter(self.name, told.append, **self.options)
            order.append(self.name)

        self.tasks.append(asyncio.create_task(enter()))


async def test_people_take_turns_however_many_calls_each_has_waiting():
    line, order = Line(1), []
    alice, bob = Person("alice"), Person("bob")
    for _ in range(4):
        alice.come(line, order)
    await settle()
    for _ in range(2):
        bob.come(line, order)
    await settle()
    for _ in range(6):
        line.leave(order[-1])
        await settle()
    assert order == ["alice", "alice", "bob", "alice", "bob", "alice"]


async def test_everybody_is_told_when_somebody_comes_in_before_them():
    line, order = Line(1), []
    alice, bob = Person("alice"), Person("bob")
    for _ in range(4):
        alice.come(line, order)
    await settle()
    bob.come(line, order)
    await settle()
    assert alice.told == [[], [0], [1, 2], [2, 3]]
    assert bob.told == [[1]]


async def test_more_than_a_persons_own_limit_wait_though_there_are_places():
    line, order = Line(10), []
    alice, bob = Person("alice", limit=2), Person("bob", limit=2)
    for _ in range(4):
        alice.come(line, order)
    bob.come(line, order)
    await settle()
    assert order == ["alice", "alice", "bob"]
    line.leave("alice")
    await settle()
    assert order == ["alice", "alice", "bob", "alice"]


async def test_a_persons_own_limit_holds_for_all_lines_together():
    lines: dict[str, Line] = {}
    for name in ("ollama", "openai"):
        lines[name] = Line(10, lines.values())
    order: list[str] = []
    alice = Person("alice", limit=2)
    alice.come(lines["ollama"], order)
    alice.come(lines["ollama"], order)
    alice.come(lines["openai"], order)
    await settle()
    assert (lines["ollama"].taken, lines["openai"].taken) == (2, 0)
    lines["ollama"].leave("alice")
    await settle()
    assert (lines["ollama"].taken, lines["openai"].taken) == (1, 1)


async def test_background_work_is_called_when_no_person_waits():
    line, order = Line(1), []
    title, alice = Person("title", background=True), Person("alice")
    alice.come(line, order)
    await settle()
    title.come(line, order)
    await settle()
    alice.come(line, order)
    await settle()
    assert title.told == [[0, 1]]
    line.leave("alice")
    await settle()
    line.leave("alice")
    await settle()
    assert order == ["alice", "alice", "title"]


@pytest.mark.parametrize("seed", range(30))
async def test_whoever_comes_and_goes_nobody_starves_and_everybody_knows_their_place(seed: int):
    dice = random.Random(seed)
    line, order = Line(dice.randint(1, 3)), []
    people = {name: Person(name, limit=dice.choice([None, 1, 2])) for name in "abcd"}
    for _ in range(150):
        if dice.random() < 0.55:
            dice.choice(list(people.values())).come(line, order)
        elif line.running:
            line.leave(dice.choice(list(line.running.elements())))
        await settle()
        assert line.taken <= line.places
        for person in people.values():
            assert person.options["limit"] is None or line.running[person.name] <= person.options["limit"]
        waiting = [
            told[-1]
            for person in people.values()
            for told, task in zip(person.told, person.tasks, strict=True)
            if not task.done()
        ]
        assert sorted(waiting) == list(range(len(waiting)))
    arrived = sum(len(person.tasks) for person in people.values())
    while line.running:
        line.leave(dice.choice(list(line.running.elements())))
        await settle()
    assert len(order) == arrived


@pytest.mark.parametrize("crowd", [2, 20])
async def test_one_question_waits_for_one_of_each_other_person_at_most(crowd: int):
    line, order = Line(1), []
    others = [Person(f"other {number}") for number in range(crowd)]
    for _ in range(50):
        for other in others:
            other.come(line, order)
    await settle()
    bob = Person("bob")
    bob.come(line, order)
    await settle()
    before = len(order)
    while "bob" not in order:
        line.leave(order[-1])
        await settle()
    assert len(order) - before <= crowd + 1
    for other in others:
        for task in other.tasks:
            task.cancel()
    await settle()
