"""`python -m benchmarks.intent`: how often the wanted mode is detected, what is mistaken for what, and how fast."""

import argparse
import time
from collections import Counter
from collections.abc import Sequence

from llm.intent import Intent, Mode, detect

from .messages import Message, read

TRUSTWORTHY = 0.6
ROUNDS = 5

Result = tuple[Message, Intent]


def results(messages: Sequence[Message]) -> list[Result]:
    """Return the messages with what is detected of each."""
    return [(message, detect(message.text, earlier=message.earlier)) for message in messages]


def accuracy(found: Sequence[Result]) -> float:
    """Return the share of messages, 0 to 1, whose mode is detected."""
    return sum(message.mode is intent.mode for message, intent in found) / len(found)


def by_language(found: Sequence[Result]) -> dict[str, float]:
    """Return the share that is detected in each language."""
    languages = sorted({message.language for message, _ in found})
    return {each: accuracy([result for result in found if result[0].language == each]) for each in languages}


def confusion(found: Sequence[Result]) -> str:
    """Return a table of what is wanted (rows) and what is detected (columns)."""
    counts = Counter((message.mode, intent.mode) for message, intent in found)
    rows = [f"| {wanted} | {' | '.join(str(counts[wanted, mode]) for mode in Mode)} |" for wanted in Mode]
    return "\n".join([f"| wanted | {' | '.join(Mode)} |", "|---|" + "---|" * len(Mode), *rows])


def microseconds(messages: Sequence[Message]) -> float:
    """Return the mean time of a message, words that were met before being known."""
    began = time.process_time()
    for _ in range(ROUNDS):
        results(messages)
    return (time.process_time() - began) / ROUNDS / len(messages) * 1e6


def main() -> None:
    """Print the figures of both sets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--misses", action="store_true", help="print the tuning messages that are not detected")
    options = parser.parse_args()
    for name in ("tuning", "held_out"):
        messages = read(name)
        began = time.process_time()
        found = results(messages)
        first = (time.process_time() - began) / len(messages) * 1e6
        trusted = [result for result in found if result[1].confidence >= TRUSTWORTHY]
        print(f"\n{name}: {len(messages)} messages, {accuracy(found):.1%}")
        print("  ".join(f"{language} {share:.1%}" for language, share in by_language(found).items()))
        sure = f"{len(trusted) / len(found):.1%} of them, {accuracy(trusted):.1%} right"
        print(f"confidence of {TRUSTWORTHY} or more: {sure}")
        print(f"{microseconds(messages):.0f} µs a message, {first:.0f} µs when first met\n")
        print(confusion(found))
        if options.misses and name == "tuning":
            for message, intent in found:
                if message.mode is not intent.mode:
                    print(f"{message.mode:9}{intent.mode:9}{intent.confidence:.2f}  {message.text[:90]!r}")
                    print(f"{'':24}{intent.reason}")


if __name__ == "__main__":
    main()
