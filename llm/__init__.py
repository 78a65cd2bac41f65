"""An async library for talking to language models; it knows no rows, no requests and no users."""
