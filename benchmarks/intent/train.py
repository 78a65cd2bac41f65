"""`python -m benchmarks.intent.train`: fit the weights of the signals to the tuning messages.

The held-out messages are not read. A signal starts from what one would expect of it (`EXPECTED`) and moves away only
as far as the messages insist, so that a meaning that few of them have is not judged by those few.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence

import numpy as np

from llm.intent import detection
from llm.intent.signals import signals_of
from llm.intent.values import Mode

from .messages import Message, read

MODES = list(Mode)
FOLDS = 8
# How dear it is to differ from what is expected.
PULL = 0.03
STEPS = 800
STEP_SIZE = 1.0
FEWEST = 2  # messages that a signal must be in

# chat, code, tutorial, support
EXPECTED = {
    "always": (0.3, 0, 0, 0),
    "explain": (0, 0, 2, -0.5),
    "learn": (0, -0.3, 1.2, -0.3),
    "understand": (0, -0.3, 1.5, 0),
    "compare": (0, 0, 1.5, -0.3),
    "means": (0, 0, 1.5, 0),
    "what_is": (0, 0, 0.8, 0),
    "how_works": (0, -0.3, 1.5, -0.3),
    "why": (0, 0, 0.8, 0.3),
    "purpose": (0, 0, 1.3, 0),
    "how_to": (0, 0.7, 0.2, 0.2),
    "write": (0.3, 0.6, 0, -0.5),
    "implement": (-0.5, 1.8, 0, -0.3),
    "change": (0, 0.8, 0, -0.2),
    "code_word": (0, 0.5, 0, 0),
    "language": (-0.5, 0.7, 0, 0),
    "program": (-0.5, 0.7, 0, 0),
    "technical": (-0.5, 0.4, 0.1, 0),
    "error": (0, -0.3, -0.2, 1.5),
    "failure": (0, 0, 0, 1.2),
    "broken": (0, -0.3, -0.3, 1.6),
    "cannot": (0, -0.2, 0, 1),
    "freeze": (0, 0, 0, 1),
    "since": (0, 0, 0, 0.8),
    "fix": (0, 0, 0, 0.8),
    "negation": (0, 0, 0, 0.2),
    "device": (0, 0, 0, 0.8),
    "gear": (0, 0, 0, 0.6),
    "account": (0, 0, 0, 1),
    "install": (0, 0, 0, 0.8),
    "greeting": (1.5, 0, 0, 0),
    "thanks": (1.5, 0, 0, 0),
    "bye": (1.5, 0, 0, 0),
    "small": (0.8, 0, 0, 0),
    "consent": (0.5, 0, 0, 0),
    "feeling": (1, 0, 0, 0),
    "opinion": (1, 0, 0, 0),
    "recommend": (1, 0, 0, 0),
    "compose": (1.5, -0.5, 0, 0),
    "translate": (1.5, 0, 0, 0),
    "summarise": (1.5, 0, 0, 0),
    "correct": (1.2, 0, 0, 0),
    "plan": (1, 0, 0, 0),
    "food": (1, 0, 0, 0),
    "fact": (1, 0, 0, 0),
    "self": (1.5, 0, 0, 0),
    "joke": (1, 0, 0, 0),
    "subject": (0, 0, 0.5, 0),
    "trace": (-0.5, 0, 0, 2.5),
    "error name": (-0.3, 0, 0, 1.5),
    "error code": (-0.3, 0, 0, 1),
    "error line": (-0.3, 0, 0, 1.5),
    "log": (-0.3, 0, 0, 1.5),
    "prompt": (-0.3, 0.2, 0, 1),
    "code": (-0.5, 0.8, 0.2, 0.2),
    "fence": (-0.3, 0.5, 0.2, 0),
    "code file": (-0.3, 0.4, 0, 0.2),
    "nothing technical": (0.4, -0.5, 0.2, 0),
    "about": (0, 0, 0.8, 0),
    "about + subject": (0, 0, 0.8, 0),
    "what_is + subject": (0, 0, 0.6, 0),
    "how_to + subject": (0, -0.8, 1.5, -0.3),
    "sum": (0.8, 0, 0, 0),
    "making + technical": (-0.3, 1, 0, 0),
    "how_to + technical": (-0.3, 1, 0, 0),
    "how_to + things": (0, -0.3, 0, 0.8),
    "making + text": (0.6, 0, 0, 0),
    "learning + technical": (-0.3, 0, 0.8, 0),
    "learning + subject": (0, 0, 0.8, 0),
    "trouble + technical": (-0.3, -0.4, 0, 1.2),
    "trouble + code_word": (-0.3, -0.3, 0, 0.6),
    "fix + technical": (-0.3, 0, 0, 0.4),
    "fix + code_word": (-0.3, 0, 0, 0.4),
    "trouble + things": (-0.3, -0.2, 0, 0.8),
    "why + trouble": (0, 0, 0, 0.8),
    "trouble + code": (0, 0, 0, 0.6),
}


def fit(messages: Sequence[Message]) -> dict[str, list[float]]:
    """Return the weights of the signals: multinomial logistic regression, pulled towards what is expected."""
    found = [signals_of(message.text).names for message in messages]
    counts = Counter(name for names in found for name in names)
    names = [
        "always",
        *sorted({name for name, count in counts.items() if count >= FEWEST} | EXPECTED.keys() - {"always"}),
    ]
    place = {name: number for number, name in enumerate(names)}
    inputs = np.zeros((len(messages), len(names)))
    inputs[:, 0] = 1
    for number, each in enumerate(found):
        for name in each & place.keys():
            inputs[number, place[name]] = 1
    wanted = np.array([[message.mode is mode for mode in MODES] for message in messages], dtype=float)
    expected = np.array([EXPECTED.get(name, (0, 0, 0, 0)) for name in names], dtype=float)
    weights = expected.copy()
    speed = np.zeros_like(weights)
    for _ in range(STEPS):
        scores = inputs @ weights
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        slope = inputs.T @ (chances - wanted) / len(messages) + PULL * (weights - expected)
        speed = 0.9 * speed - 0.1 * STEP_SIZE * slope
        weights += speed
    return {name: [round(float(value), 2) for value in weights[number]] for name, number in place.items()}


def right(messages: Sequence[Message], weights: dict[str, list[float]]) -> list[tuple[Message, object]]:
    """Return the messages with what is detected by the given weights."""
    known = {name: tuple(row) for name, row in weights.items()}
    kept, detection.weights = detection.weights, lambda: known
    try:
        return [(message, detection.detect(message.text, earlier=message.earlier)) for message in messages]
    finally:
        detection.weights = kept


def by_itself(messages: Sequence[Message]) -> list[Message]:
    """Return the messages that are understood without what went before."""
    return [message for message in messages if not message.earlier]


def across(messages: Sequence[Message], parts: Sequence[object]) -> list[tuple[Message, object]]:
    """Return what is detected in each part of the messages with weights fitted to the other parts."""
    results = []
    for part in sorted(set(parts), key=str):
        inside = [message for message, its in zip(messages, parts, strict=True) if its == part]
        outside = [message for message, its in zip(messages, parts, strict=True) if its != part]
        results += right(inside, fit(by_itself(outside)))
    return results


def share(results: Sequence[tuple[Message, object]]) -> str:
    """Return the share of messages whose mode is detected."""
    return f"{sum(message.mode is found.mode for message, found in results) / len(results):.1%}"


def main() -> None:
    """Fit, write the weights, and say how well they do on messages they were not fitted to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--misses", action="store_true", help="print the messages that were not detected")
    options = parser.parse_args()
    messages = read("tuning")
    folds = across(messages, [number % FOLDS for number in range(len(messages))])
    print(f"{FOLDS} folds: {share(folds)}")
    print(f"each language by the other three: {share(across(messages, [message.language for message in messages]))}")
    if options.misses:
        for message, found in folds:
            if message.mode is not found.mode:
                print(f"{message.mode:9}{found.mode:9}{found.confidence:.2f}  {message.text[:100]!r}  {found.reason}")
    weights = fit(by_itself(messages))
    print(f"fitted: {share(right(messages, weights))}, {len(weights)} signals")
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in weights.items())
    detection.WEIGHTS.write_text(f'{{"modes": {json.dumps(MODES)}, "signals": {{\n{rows}\n}}}}\n')


if __name__ == "__main__":
    main()
