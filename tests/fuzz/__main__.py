"""Look for files that break the reader, guided by what of it they reach: `make fuzz`. Atheris; Linux on x86-64.

python -m tests.fuzz TARGET [SECONDS], where TARGET is file, exif or words. It ends at the first finding, which lies in
var/fuzz/TARGET/found. What it has learned lies beside that: another run goes on from there. Decoders written in C are
run, but do not guide it.
"""

import io
import sys
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "defusedxml", "pillow_heif", "predictor.exif", "geogame.positions",
                                         "geogame.pictures", "geogame.derivatives"]):  # fmt: skip
    import defusedxml.ElementTree  # noqa: F401  # Pillow imports it when it is needed
    from PIL import Image

    Image.init()
    from tests.fuzz import checks

from tests.game import hostile

TARGETS = {"file": checks.check_file, "exif": checks.check_exif, "words": checks.check_words}
MOST_BYTES = {"file": 40_000, "exif": 4_000, "words": 4_000}
FOLDER = Path("var/fuzz")


def seeds(target: str) -> list[bytes]:
    """Return what the search begins with."""
    if target == "words":
        return [hostile.XMP.encode(), hostile.LAUGHS.encode(), hostile.COMMENTS]
    files = [data for _, data in hostile.all_files()] + list(hostile.modes())
    if target == "file":
        return [data for data in files if len(data) <= MOST_BYTES["file"]]
    blocks = []
    for _, data in hostile.exifs():
        block = Image.open(io.BytesIO(data)).info.get("exif")
        blocks += [block] if block else []
    return blocks


def main(target: str, seconds: str = "600") -> None:
    corpus, found = FOLDER / target / "corpus", FOLDER / target / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds(target)):
        (corpus / f"seed-{number:03}").write_bytes(data)
    options = [
        f"-max_total_time={seconds}", f"-max_len={MOST_BYTES[target]}", "-timeout=20", "-rss_limit_mb=2000",
        "-use_value_profile=1", "-print_final_stats=1", f"-artifact_prefix={found}/",
    ]  # fmt: skip
    warnings.simplefilter("ignore")  # Pillow's, of what is damaged
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:3])
