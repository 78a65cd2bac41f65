"""What becomes of flags: `queue` assigns and decides them, `reports` takes what people report, `redaction` removes a
message everywhere, `trials` tries a rule on what was said before."""
