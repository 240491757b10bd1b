"""Perceptual hashes: copies are near, other pictures are not, and all pairs are found."""

import io
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from geogame import fingerprints


def scene(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Return a picture with large and small shapes, as a photo has them."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


def recoded(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out)


def bits_between(one: Image.Image, other: Image.Image) -> int:
    return (fingerprints.of(one)[0] ^ fingerprints.of(other)[0]).bit_count()


@pytest.mark.parametrize("seed", range(5))
def test_copies_are_near_and_other_pictures_are_not(seed: int) -> None:
    original = scene(seed)
    for copy in (recoded(original, 40), original.resize((300, 225)), ImageEnhance.Brightness(original).enhance(0.8)):
        assert bits_between(original, copy) <= fingerprints.ALIKE
    assert bits_between(original, scene(seed + 100)) > fingerprints.RELATED


def test_a_hash_goes_through_the_database_and_back() -> None:
    for phash in (0, 1, 2**63 - 1, 2**63, 2**64 - 1):
        kept = fingerprints.stored(phash, spread=50.0)
        assert kept is not None
        assert -(2**63) <= kept < 2**63
        assert int(fingerprints.loaded([kept])[0]) == phash


def test_a_picture_without_shapes_has_none() -> None:
    phash, spread = fingerprints.of(Image.new("RGB", (200, 100), "skyblue"))
    assert fingerprints.stored(phash, spread) is None


def test_all_pairs_are_found_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "PAIRS", 100)
    hashes = np.random.default_rng(5).integers(0, 2**64, 40, dtype=np.uint64)
    others = np.concatenate((hashes[::3] ^ np.uint64(0b1011), hashes[:2]))
    expected = {
        (i, j, bits)
        for (i, one), (j, other) in product(enumerate(hashes.tolist()), enumerate(others.tolist()))
        if (bits := (one ^ other).bit_count()) <= 4
    }
    assert set(fingerprints.near(hashes, others, 4)) == expected
    assert len(expected) == 16


def test_no_two_of_the_trial_photographs_are_taken_for_copies(trial_photos: Path) -> None:
    files = sorted(trial_photos.glob("*/*.jpg"))[::4]
    hashes = np.array([fingerprints.of(Image.open(each))[0] for each in files], dtype=np.uint64)
    assert len(hashes) > 50
    assert [pair for pair in fingerprints.near(hashes, hashes, fingerprints.ALIKE) if pair[0] < pair[1]] == []


def test_what_is_like_any_other_is_told_as_by_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "PAIRS", 100)
    hashes = np.random.default_rng(6).integers(0, 2**64, 40, dtype=np.uint64)
    others = hashes[::4] ^ np.uint64(0b111)
    told = fingerprints.like_any(hashes, others, 3)
    assert set(np.flatnonzero(told)) == {one for one, _, _ in fingerprints.near(hashes, others, 3)}
    assert told.sum() == 10
    assert not fingerprints.like_any(hashes, others[:0], 64).any()
