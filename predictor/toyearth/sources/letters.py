"""python -m predictor.toyearth.sources.letters main letters.json: keep the letters of languages not in Latin.

main is that folder of the npm package cldr-misc-full, version 48.2.0 (Unicode CLDR, Unicode-3.0 licence): the letters
that a language's own words are written with. They tell a Ukrainian name of a town from a Russian one.
"""

import json
import re
import sys
from pathlib import Path

from predictor.toyearth.countries import codes, country
from predictor.toyearth.words import words


def letters(pattern: str) -> str:
    """Return the characters of a UnicodeSet such as "[a-c {ch} é]", in order.

    >>> letters("[a-c {ch} é]")
    'abché'
    """
    inner = re.sub(r"[\[\]{} ]", "", pattern)
    spread = re.sub("(.)-(.)", lambda pair: "".join(map(chr, range(ord(pair[1]), ord(pair[2]) + 1))), inner)
    return "".join(dict.fromkeys(spread))


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    spoken = {language for code in codes() for language in country(code).languages if words(language.code)}
    kept = {}
    for language in sorted(spoken):
        locale = language.code.replace("_", "-")
        path = source / locale / "characters.json"
        if language.script != "Latn" and path.exists():
            told = json.loads(path.read_text(encoding="utf-8"))["main"][locale]["characters"]
            kept[language.code] = letters(told["exemplarCharacters"])
    target.write_text(json.dumps(kept, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
