"""How often the mode that a message wants is detected."""
