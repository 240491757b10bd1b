"""How the data files beside this folder were made: scripts that were run once. Nothing imports them."""
