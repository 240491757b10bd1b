"""The edge: parse, call a verb or a read, answer. Nothing is decided here."""
