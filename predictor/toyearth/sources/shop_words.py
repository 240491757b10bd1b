"""python -m predictor.toyearth.sources.shop_words annotations words.json: keep words that can stand over a shop.

annotations is that folder of the npm package cldr-annotations-full, version 48.2.0 (Unicode CLDR, Unicode-3.0 licence):
a short name for every emoji, in many languages. Says how much of the world the words reach.
"""

import json
import sys
from itertools import takewhile
from pathlib import Path

from predictor.toyearth.countries import codes, country

# Left out: the cinema, whose emoji many languages name for a button ("video", "symbol").
KINDS = {
    "hotel": "🏨", "bank": "🏦", "post office": "🏤", "school": "🏫", "hospital": "🏥", "department store": "🏬",
    "convenience store": "🏪", "books": "📚", "newspaper": "📰", "bread": "🍞", "pizza": "🍕", "fish": "🐟",
    "meat": "🥩", "hot drinks": "☕", "beer": "🍺", "ice cream": "🍨", "chocolate": "🍫", "tomatoes": "🍅",
    "grapes": "🍇", "cheese": "🧀", "rose": "🌹", "bouquet": "💐", "scissors": "✂", "glasses": "👓", "shoes": "👞",
    "dress": "👗", "bicycle": "🚲", "medicine": "💊", "key": "🔑", "watch": "⌚", "ring": "💍", "camera": "📷",
    "guitar": "🎸", "taxi": "🚕", "station": "🚉",
}  # fmt: skip
LONGEST = 18  # characters: more would not fit over a door
PARENTS = {"nb": ["no"], "nn": ["nn", "no"]}  # CLDR's parentLocales, where it is not the root
DANISH = {"kl"}  # CLDR's Greenlandic is a copy of its Danish
EUROPEAN = {"ca", "es", "is", "ja", "sk", "th", "zh_Hant"}  # they name the post office's emoji "European post office"
JAPANESE_POST = "🏣"
BLANKS = " \u200b"  # a space of no width, left over in Khmer


def names(folder: Path, language: str) -> dict[str, str]:
    """Return a language's name of each emoji; none where CLDR has none of its own."""
    found: dict[str, str] = {}
    for locale in reversed(PARENTS.get(language, [language])):
        path = folder / locale.replace("_", "-") / "annotations.json"
        if path.exists() and language not in DANISH:
            entries = json.loads(path.read_text(encoding="utf-8"))["annotations"].get("annotations", {})
            found |= {emoji: first_name(entry["tts"][0]) for emoji, entry in entries.items() if "tts" in entry}
    return found


def first_name(listed: str) -> str:
    """Return the first of the names that Hindi lists with commas."""
    return listed.split(",")[0].strip(BLANKS)


def words(folder: Path, language: str) -> dict[str, str]:
    """Return a language's word for each kind of shop that it has a short one for."""
    named = names(folder, language)
    if language in EUROPEAN:
        named[KINDS["post office"]] = in_common(named[KINDS["post office"]], named[JAPANESE_POST])
    return {kind: named[emoji] for kind, emoji in KINDS.items() if 0 < len(named.get(emoji, "")) <= LONGEST}


def in_common(one: str, other: str) -> str:
    """Return the words that both have, or else their common beginning or end.

    >>> in_common("oficina de correos europea", "oficina de correos japonesa"), in_common("歐洲郵局", "日本郵局")
    ('oficina de correos', '郵局')
    """
    shared = " ".join(word for word in one.split() if word in other.split())
    return shared or beginning(one, other) or beginning(one[::-1], other[::-1])[::-1]


def beginning(one: str, other: str) -> str:
    """Return the letters that both begin with."""
    return "".join(pair[0] for pair in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def report(found: dict[str, dict[str, str]], spoken: dict[str, set[str]]) -> None:
    """Print which languages have words, and for how many countries."""
    languages = set().union(*spoken.values())
    reached = [code for code, tongues in spoken.items() if tongues & set(found)]
    print(f"{len(found)} of {len(languages)} languages; without words: {' '.join(sorted(languages - set(found)))}")
    print(f"{len(reached)} of {len(spoken)} countries; without words: {' '.join(sorted(set(spoken) - set(reached)))}")


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    spoken = {code: {language.code for language in country(code).languages} - {"und"} for code in codes()}
    every = {language: words(source, language) for language in sorted(set().union(*spoken.values()))}
    kept = {language: its_words for language, its_words in every.items() if its_words}
    report(kept, spoken)
    text = json.dumps({"kinds": KINDS, "words": kept}, ensure_ascii=False, indent=0)
    target.write_text(text + "\n", encoding="utf-8")
