"""Pure statistics over rows of rounds: no database, no clock."""
