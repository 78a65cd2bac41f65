"""How many tokens a model takes: what its server has given it counts, not what it was trained for."""

from .config import Config

LATEST = ":latest"


def configured(config: Config, *, provider: str, name: str) -> int | None:
    """Return the window that the settings name for a model, by its id or its bare name, in tokens."""
    lengths = config.context_lengths
    for known in (f"{provider}/{name}", name):
        for each in (known, known.removesuffix(LATEST)):
            if each in lengths:
                return lengths[each]
    return None


def asked(config: Config, *, provider: str, name: str, trained: int | None) -> int:
    """Return the window to ask a server for, the same for every request of a model, in tokens."""
    wanted = configured(config, provider=provider, name=name) or config.context_length
    return min(wanted, trained or wanted)


def told(entry: dict, *, props: dict | None = None) -> int | None:
    """Return the window that a server of OpenAI's protocol gives a model, in tokens, None if it does not say.

    vLLM tells `max_model_len`, Groq `context_window`, llama.cpp `meta.n_ctx`, or `n_ctx` in its `/props`.
    """
    meta = entry.get("meta") or {}
    settings = (props or {}).get("default_generation_settings") or {}
    lengths = (entry.get("max_model_len"), entry.get("context_window"), meta.get("n_ctx"), settings.get("n_ctx"))
    return next(filter(is_length, lengths), None)


def is_length(value: object) -> bool:
    """Tell whether a value can be a number of tokens."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
