"""Names as others see them: what is kept of one, and when two look the same."""

import unicodedata

# Printable by their category, and yet an empty space: the fillers of Hangul, the blanks of Braille, of notes and of
# hieroglyphs.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\U00013441\U00013442")
# Marks that are not seen by themselves (Unicode's Default_Ignorable_Code_Point, as far as it is printable). They are
# kept, since they choose how an emoji looks, and make no difference between two names.
UNSEEN = dict.fromkeys(
    [0x034F, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
)
SEEN = frozenset("LNPS")  # letters, numbers, punctuation, symbols; not marks alone


def tidy(name: str) -> str:
    """Return a name as it is kept: without what cannot be printed, in one line; empty if there is nothing to be seen.

    >>> tidy("  Ana\\u202e\\u3164 Maria "), tidy("\\u3164"), tidy("\\u200b\\ufe0f")
    ('Ana Maria', '', '')
    """
    kept = _spaced(name)
    return kept if any(unicodedata.category(c)[0] in SEEN for c in kept) else ""


def alike(name: str) -> str:
    """Return what names that look the same have in common, whatever they are written with. Other scripts' letters, an
    А for an A, are not among it.

    >>> alike("\\uff30lan\\u200dET") == alike("planet\\ufe0f")
    True
    """
    bare = _spaced(name.translate(UNSEEN))  # first: they would keep a letter and its accent apart
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", bare).casefold())
    return _spaced(folded)


def _spaced(name: str) -> str:
    """Return what is printable, its words with a space between them."""
    return " ".join(
        "".join(" " if c.isspace() or c in BLANKS else c for c in name if c.isspace() or c.isprintable()).split()
    )
