"""Texts in tables that a spreadsheet would run as formulas: an apostrophe in front keeps it from that."""

MARKS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what it would run starts so


def guarded(text: str) -> str:
    """Return a text as a cell that is not run; `unguarded` gives it back, whatever it was."""
    return f"'{text}" if text.startswith((*MARKS, "'")) else text


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*MARKS, "'")) else cell
