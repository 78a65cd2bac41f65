"""How fast it answers with a million messages in the database."""
