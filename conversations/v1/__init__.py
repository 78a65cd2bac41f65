"""OpenAI's and Anthropic's protocols, for programs that already speak one of them."""
