"""How many entries the audit ledger takes from several writers, and how long it takes to verify them."""
