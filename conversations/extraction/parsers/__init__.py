"""What runs in a parser's process. It imports nothing of ours, so that it starts in a moment and knows no secret."""
