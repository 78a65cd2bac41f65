"""How much it costs to deliver a token, against a bare relay of the same stream in the same run."""
