"""What there is to answer with on this installation, in sentences, and the next best step where there is little."""

from collections import Counter

from .catalog import Listing

NAMES = {"local": "This machine", "ollama": "Ollama", "openai": "The OpenAI-compatible server"}
TROUBLES = {
    "unreachable": "cannot be reached",
    "slow": "does not answer in time",
    "refused": "does not let this installation in",
    "broken": "does not say what it has",
}


def found(listing: Listing) -> list[str]:
    """Return a sentence for each place that has models, or was named and has none; Ollama may well not be there."""
    counted = Counter(model.provider for model in listing.models)
    told = []
    for provider, name in NAMES.items():
        state = listing.states.get(provider)
        if number := counted[provider]:
            told.append(f"{name} has {number} model{'' if number == 1 else 's'}.")
        elif state == "ok" and provider == "ollama":
            told.append("Ollama answers, and has no model yet.")
        elif state == "refused" and provider == "local":
            told.append("This machine has models, but no llama.cpp to run them.")
        elif state in TROUBLES and provider == "openai":
            told.append(f"{name} {TROUBLES[state]}.")
    return told


def next_step(listing: Listing) -> str:
    """Return what brings a real model soonest, empty if one answers."""
    if not listing.demo:
        return ""
    if listing.states.get("local") == "refused":
        return "Run `pip install -r requirements-local.txt` (or `make model`) to run the models of this machine."
    if listing.states.get("ollama") == "ok":
        return "Run `ollama pull llama3.2`, or `make model` for one without Ollama."
    return "Run `make model` to get one: it needs nothing but a network, or a file."


def summary(listing: Listing) -> str:
    """Return all of it in a line."""
    if listing.demo:
        return " ".join(("Only the demo model answers, which is no AI.", *found(listing), next_step(listing)))
    return " ".join(found(listing)) or "No model server answers at the moment."
