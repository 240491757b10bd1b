"""Words that several pages ask for."""
