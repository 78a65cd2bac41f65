"""`python -m benchmarks.moderation`: what rules cost a message, and by how much they make an answer late.

No server, no database: the rules as they are applied, on ordinary messages in several languages. Times are those on the
processor, because what else the machine does is not the rules'.
"""

import argparse
import json
import os
import random
import statistics
import time
from pathlib import Path

RULES, MESSAGES, TOKENS_PER_SECOND = 1000, 1500, 50
# How many messages are looked at before it is measured.
WARM = 500
INTENT = Path(__file__).resolve().parent.parent / "intent"
SYLLABLES = [
    *("ba", "de", "fi", "go", "ku", "la", "me", "ni", "or"),
    *("pu", "qua", "re", "sti", "to", "ul", "ve", "wi"),
]


def messages(number: int) -> list[str]:
    """Return so many ordinary messages."""
    lines = [line for name in ("tuning", "held_out") for line in (INTENT / f"{name}.jsonl").open()]
    return [json.loads(line)["text"] for line in lines][:number]


def phrases(number: int, chance: random.Random) -> list[str]:
    """Return so many phrases of one to three words."""
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(number * 2)]
    return [" ".join(chance.choices(words, k=chance.randint(1, 3))) for _ in range(number)]


def rules(number: int):
    """Return rules: of nine in ten a phrase, of the rest an expression, and one for all personal data."""
    from conversations.moderation import Rule

    chance = random.Random(7)
    made = []
    for place, phrase in enumerate(phrases(number - 1, chance)):
        kind, line = ("words", phrase) if place % 10 else ("pattern", phrase.replace(" ", r"\s+") + r"(-\d+)?")
        made.append(_rule(Rule, place, kind, (line,), "block"))
    return [*made, _rule(Rule, number, "personal", ("email", "phone", "iban", "card"), "mask")]


def _rule(make, number: int, kind: str, lines: tuple[str, ...], action: str):
    places = frozenset({"question", "answer"})
    return make(id=number, name=str(number), kind=kind, lines=lines, action=action, severity="low", places=places)


def told(name: str, milliseconds: list[float]) -> None:
    """Print a line of the table."""
    middle, most = statistics.median(milliseconds), statistics.quantiles(milliseconds, n=100)[-1]
    print(f"| {name} | {middle:.3f} ms | {most:.3f} ms | {max(milliseconds):.3f} ms |", flush=True)


def cost(find, texts: list[str]) -> list[float]:
    """Return how many milliseconds each text takes."""
    took = []
    for text in texts:
        began = time.thread_time()
        find(text)
        took.append((time.thread_time() - began) * 1000)
    return took


def lateness(openings, text: str) -> tuple[list[float], list[float]]:
    """Return by how many milliseconds each letter comes later than without rules at 50 tokens a second, and how many
    milliseconds each token takes."""
    from conversations.moderation import Window

    window, waiting, late, took = Window(openings), [], [], []
    for number, token in enumerate(text.split(" ")):
        waiting += [number] * (len(token) + 1)
        began = time.thread_time()
        given = len(window.take(token + " "))
        took.append((time.thread_time() - began) * 1000)
        late += [(number - each) * 1000 / TOKENS_PER_SECOND for each in waiting[:given]]
        del waiting[:given]
    return late, took


def main() -> None:
    """Print a table with a line for each figure."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rules", type=int, default=RULES)
    number = arguments.parse_args().rules
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    import django

    django.setup()
    from conversations.moderation import Matcher, Openings
    from tests.fake_model import answer_text

    made = rules(number)
    began = time.thread_time()
    matcher = Matcher(made)
    openings = Openings(matcher)
    ready = (time.thread_time() - began) * 1000
    texts = messages(MESSAGES)
    # What the expressions have in common is worked out while the first messages come by.
    cold = cost(matcher.find, texts[:WARM])
    texts = texts[WARM:]
    answer = answer_text(model="fast", message="tokens=5000")
    print("| what | p50 | p99 | most |\n|---|---|---|---|")
    told(f"{number:,} rules, each of the first {WARM} messages", cold)
    told(f"{number:,} rules, a message", cost(matcher.find, texts))
    told(
        f"{number:,} rules, 4,000 characters",
        cost(matcher.find, [(text + " ") * (4000 // len(text) + 1) for text in texts[:200]]),
    )
    late, took = lateness(openings, answer)
    told("a token of an answer", took)
    told(f"how late a letter is, at {TOKENS_PER_SECOND} tokens/s", late)
    print(f"\n{len(texts):,} messages; the rules are ready after {ready:.0f} ms.")


if __name__ == "__main__":
    main()
