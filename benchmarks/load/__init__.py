"""How much one machine bears, with PostgreSQL and Redis: streams, idle sockets, sign-ins, and a mixed day."""
