"""A language model of half a megabyte: real layers, random weights, and a few habits that the tests need.

It knows some sixty words and every byte. Most of what it says are words, without meaning; the rest are single bytes,
and few of those make UTF-8. NUL comes as often as a word, and so does a smile, which is four bytes and so four tokens.
"""

from pathlib import Path

import numpy
from gguf import GGUFWriter, TokenType

SEED = 20_260
TRAINED_TOKENS = 32_768
EMBEDDING = 64
HEADS = 4
LAYERS = 2
FEED_FORWARD = 128
NORM_EPSILON = 1e-5
ATTENTION_SPREAD = 0.024
FEED_FORWARD_SPREAD = 0.05

CONTROL = ["<unk>", "<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>"]
UNKNOWN, BEGIN, END = 0, 1, 2
BYTES = len(CONTROL)  # the token of byte 0; the other bytes follow
WORDS = """
the a garden grows when rain falls on old stone and light comes back to it slowly while people sit under trees
with bread cheese tea talk of small things then walk home along river night is warm quiet nobody in hurry
you may ask what why how long this takes no one knows yet we wait
"""
MARKS = [".", ",", "\n\n", "**", "`", "\n- ", "\n# "]

# The first places of the embedding carry the habits; the layers leave them alone.
ALWAYS = 0
SMILE = "😀".encode()
HABITS = len(SMILE)  # one for what is always so, and one for each byte that another follows
HABIT_STRENGTH = 3.0
HABIT_PULL = 2.0
WORD_LEANING = 0.55
# How much a model likes to end its answer: about once in 60 tokens, and not at all.
SOMETIMES = 0.66
NEVER = -20.0

# Strict, as the templates of Mistral, Gemma and others are.
TEMPLATE = """
{%- if messages[0]['role'] == 'system' %}
  {{- '<|system|>' + messages[0]['content'] + '</s>' }}
  {%- set said = messages[1:] %}
{%- else %}
  {%- set said = messages %}
{%- endif %}
{%- for message in said %}
  {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
    {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
  {%- endif %}
  {{- '<|' + message['role'] + '|>' + message['content'] + '</s>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}
"""


def write(*, path: Path, end_leaning: float) -> None:
    """Write the model as GGUF, the same bytes each time; `end_leaning` says how much it likes to end an answer."""
    texts, kinds = vocabulary()
    writer = GGUFWriter(str(path), "llama")
    writer.add_name("Tiny")
    writer.add_context_length(TRAINED_TOKENS)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_vocab_size(len(texts))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(texts)
    writer.add_token_scores([0.0] * len(texts))
    writer.add_token_types(kinds)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in tensors(len(texts), end_leaning=end_leaning).items():
        writer.add_tensor(name, tensor.astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def vocabulary() -> tuple[list[str], list[TokenType]]:
    """Return the tokens and their kinds: control tokens, bytes, then words that need no merging to be found."""
    words = [*(f" {word}" for word in WORDS.split()), *MARKS]
    texts = [*CONTROL, *(f"<0x{byte:02X}>" for byte in range(256)), *words]
    kinds = [TokenType.UNKNOWN, *[TokenType.CONTROL] * (len(CONTROL) - 1)]
    return texts, [*kinds, *[TokenType.BYTE] * 256, *[TokenType.USER_DEFINED] * len(words)]


def tensors(tokens: int, *, end_leaning: float) -> dict[str, numpy.ndarray]:
    """Return all weights by their names in llama.cpp."""
    random = numpy.random.default_rng(SEED)
    spread = 1 / EMBEDDING**0.5
    embedding = random.normal(0, spread, (tokens, EMBEDDING))
    embedding[:, :HABITS] = 0
    embedding[:, ALWAYS] = 1
    output = random.normal(0, spread, (tokens, EMBEDDING))
    output[:, :HABITS] = 0
    output[:BYTES, :] = 0
    output[:BYTES, ALWAYS] = NEVER
    output[END, ALWAYS] = end_leaning
    output[BYTES + 256 :, ALWAYS] = WORD_LEANING
    output[[BYTES, BYTES + SMILE[0]], ALWAYS] = WORD_LEANING
    for place, (byte, following) in enumerate(zip(SMILE, SMILE[1:], strict=False), start=1):
        embedding[BYTES + byte, place] = HABIT_STRENGTH
        output[BYTES + following, place] = HABIT_PULL
    found = {
        "token_embd.weight": embedding,
        "output.weight": output,
        "output_norm.weight": numpy.ones(EMBEDDING),
    }
    for layer in range(LAYERS):
        found |= {f"blk.{layer}.{name}": tensor for name, tensor in block(random).items()}
    return found


def block(random: numpy.random.Generator) -> dict[str, numpy.ndarray]:
    """Return the weights of one layer, which writes nothing where the habits are."""
    square, tall = (EMBEDDING, EMBEDDING), (FEED_FORWARD, EMBEDDING)
    found = {
        "attn_norm.weight": numpy.ones(EMBEDDING),
        "attn_q.weight": random.normal(0, ATTENTION_SPREAD, square),
        "attn_k.weight": random.normal(0, ATTENTION_SPREAD, square),
        "attn_v.weight": random.normal(0, ATTENTION_SPREAD, square),
        "attn_output.weight": random.normal(0, ATTENTION_SPREAD, square),
        "ffn_norm.weight": numpy.ones(EMBEDDING),
        "ffn_gate.weight": random.normal(0, FEED_FORWARD_SPREAD, tall),
        "ffn_up.weight": random.normal(0, FEED_FORWARD_SPREAD, tall),
        "ffn_down.weight": random.normal(0, FEED_FORWARD_SPREAD, tall[::-1]),
    }
    for name in ("attn_output.weight", "ffn_down.weight"):
        found[name][:HABITS] = 0
    return found
