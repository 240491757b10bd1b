"""The rules of the game, pure: standard library only, no clock, no database. Time comes in as an argument."""
