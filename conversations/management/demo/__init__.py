"""Made-up people and what they talked about, for demonstrations and measurements."""
