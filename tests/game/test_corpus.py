"""Odd files from the world, each with what must become of it; found beside the trial photographs."""

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from geogame import derivatives
from geogame.darkroom import Darkroom
from geogame.pictures import Developed, Unusable

# What must be refused, and a word of the reason; all else is imported.
REFUSED = {
    "animated.gif": "not a JPEG", "animated.webp": "animation", "bad-dimensions-193x31423.jpg": "long and narrow",
    "gps-1x1-pixel.jpg": "too small", "gps-png-1px.png": "too small", "gps-xmp-only.jpg": "too small",
    "heic-decoder-error.heif": "damaged", "huge-tag-exif.jpg": "not a JPEG", "infinite-loop-exif.jpg": "too small",
    "jxl.jxl": "not a JPEG", "made-40x4000.jpg": "too small", "made-empty.jpg": "empty", "made-html.jpg": "not a JPEG",
    "made-svg-script.jpg": "not a JPEG", "max-uint32-exif.jpg": "not a JPEG", "not-a-jpeg.jpg": "not a JPEG",
    "truncated-33-bytes.jpg": "damaged",
}  # fmt: skip
# Pillow reads a place in these that means nothing: hemispheres X and Q, 75 minutes.
NO_PLACE = {"made-weird-refs.jpg", "made-minutes-75.jpg"}
MORE_PLACES = {"gps-degrees-as-string.jpg": (52.8428, 11.1829)}  # whose form is read all the same


@pytest.fixture
def originals() -> Path:
    folder = Path(os.environ.get("TRIAL_PHOTOS", "")).resolve().parent / "originals"
    if not os.environ.get("TRIAL_PHOTOS") or not (folder / "INDEX.csv").is_file():
        pytest.skip("odd files are not here: beside what TRIAL_PHOTOS names there is no originals/INDEX.csv")
    return folder


@pytest.mark.slow
def test_every_odd_file_is_imported_or_refused_with_its_reason(originals: Path, tmp_path: Path) -> None:
    with (originals / "INDEX.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 52
    with Darkroom() as room:
        for row in rows:
            name = row["file"]
            data = (originals / name).read_bytes()
            if name in REFUSED:
                with pytest.raises(Unusable, match=REFUSED[name]):
                    room.develop(data)
            else:
                developed = room.develop(data)
                check_place(name, row["gps_as_pillow_reads_it"], developed)
                keep(tmp_path, name, developed)
    check_metadata(tmp_path)


def check_place(name: str, told: str, developed: Developed) -> None:
    wanted = MORE_PLACES.get(name) or (None if told == "none" or name in NO_PLACE else tuple(map(float, told.split())))
    here = developed.position
    if wanted is None:
        assert here is None, name
        assert {"no-place", "place-odd"} & {each.kind for each in developed.oddities}, name
    else:
        assert here is not None, name
        assert (here.lat, here.lng) == pytest.approx(wanted, abs=1e-4), name


def keep(folder: Path, name: str, developed: Developed) -> None:
    (folder / f"{name}.jpg").write_bytes(developed.picture.jpeg)
    for (width, form), data in developed.smaller.items():
        (folder / derivatives.name(f"{name}.jpg", width, form)).write_bytes(data)


# What exiftool finds in a file that was made of pixels alone: the format's own structure, which all of them have.
FILE = {
    "FileType", "FileTypeExtension", "MIMEType", "ImageWidth", "ImageHeight", "EncodingProcess", "BitsPerSample",
    "ColorComponents", "YCbCrSubSampling",
}  # fmt: skip
JFIF = {"JFIFVersion", "ResolutionUnit", "XResolution", "YResolution"}
RIFF = {"VP8Version", "ImageWidth", "ImageHeight", "HorizontalScale", "VerticalScale"}
AVIF = {
    "MajorBrand", "MinorVersion", "CompatibleBrands", "HandlerType", "ImageSpatialExtent", "ImagePixelDepth",
    "AV1ConfigurationVersion", "SeqProfile", "SeqLevelIdx0", "SeqTier0", "HighBitDepth", "TwelveBit", "ChromaFormat",
    "ChromaSamplePosition", "InitialDelaySamples", "ColorProfiles", "ColorPrimaries", "TransferCharacteristics",
    "MatrixCoefficients", "VideoFullRangeFlag", "MediaDataSize", "MediaDataOffset", "MediaData",
}  # fmt: skip
STRUCTURE = {"File": FILE, "JFIF": JFIF, "RIFF": RIFF, "QuickTime": AVIF, "Meta": {"PrimaryItemReference"}}
NOT_OF_THE_FILE = {"ExifTool", "System", "Composite"}


def check_metadata(folder: Path) -> None:
    """No file that is served holds any metadata of its source, by exiftool's account of all of them."""
    if not shutil.which("exiftool"):
        pytest.skip("exiftool is not here: what it says of metadata was left out (libimage-exiftool-perl)")
    told = subprocess.run(
        ["exiftool", "-j", "-G1", "-a", "-u", str(folder)], capture_output=True, text=True, check=False
    )
    files = json.loads(told.stdout)
    assert len(files) > 150
    for file in files:
        tags = [tag.split(":") for tag in file if ":" in tag]
        left = [
            f"{group}:{tag}"
            for group, tag in tags
            if group not in NOT_OF_THE_FILE and tag not in STRUCTURE.get(group, ())
        ]
        assert not left, (file["SourceFile"], left)
