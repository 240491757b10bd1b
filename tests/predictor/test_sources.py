"""Photos of one's own: found, placed, read, and parted by place and by uploader."""

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
import webdataset
from PIL import ExifTags, Image

from predictor import collection, images, shards, sources, toyearth
from predictor.collection import Collection, Part, split
from predictor.s2 import leaf_ids, parents
from predictor.sources import opened

PICTURE = Image.new("RGB", (40, 30), (10, 200, 30))


def with_exif(path: Path, lat: tuple[float, ...] | None, south: bool = False) -> None:
    exif = Image.Exif()
    if lat is not None:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        gps.update({1: "S" if south else "N", 2: lat, 3: "E", 4: (2.0, 30.0, 0.0)})
    PICTURE.save(path, exif=exif)


def test_a_table_of_files_is_a_collection(album: Path) -> None:
    photos = sources.opened([album])
    assert len(photos) == 120
    assert photos.painter == 0
    assert (photos.lat[0] > 0, photos.lat[1] < 0) == (True, True)
    assert photos.uploader[:2].tolist() == ["person 0", "person 1"]
    assert images.middle_square(photos.picture(0, 24), 24)[..., 1].mean() > 100


def test_parquet_and_csv_say_the_same(album: Path, tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(album), album.with_name("photos.parquet"))
    one, other = (sources.opened([album.with_suffix(end)]) for end in (".csv", ".parquet"))
    assert np.array_equal(one.lat, other.lat)
    assert np.array_equal(one.uploader, other.uploader)
    assert np.array_equal(np.asarray(one.picture(7, 24)), np.asarray(other.picture(7, 24)))


def test_rows_without_a_place_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "t.csv").write_text("path,lat,lon,user\na.jpg,1,2,7\nb.jpg,0,0,7\nc.jpg,95,2,7\nd.jpg,,2,\n")
    with caplog.at_level("INFO"):
        photos = sources.opened([tmp_path / "t.csv"])
    assert (photos.lat.tolist(), photos.lng.tolist(), photos.uploader.tolist()) == ([1.0], [2.0], ["7"])
    assert "3 of 4 photos" in caplog.text


@pytest.mark.parametrize(("text", "told"), [
    ("latitude,longitude\n1,2\n", "no column filename"), ("filename,city\na,b\n", "no columns latitude"),
    ("filename,latitude,longitude\na.jpg,0,0\n", "No photo of"), ("filename,latitude,longitude\na.jpg,x,0\n", "'x'"),
    ("", "no columns"),
])  # fmt: skip
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ValueError, match=told):
        sources.opened([tmp_path / "t.csv"])


def test_a_folder_tells_places_by_exif(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "below").mkdir()
    with_exif(tmp_path / "a.jpg", (48.0, 30.0, 0.0))
    with_exif(tmp_path / "below" / "b.JPG", (10.0, 0.0, 36.0), south=True)
    with_exif(tmp_path / "nowhere.jpg", None)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with caplog.at_level("INFO"):
        photos = sources.opened([tmp_path])
    assert photos.lat.tolist() == pytest.approx([48.5, -10.01])
    assert photos.lng.tolist() == [2.5, 2.5]
    assert "2 of 4 photos" in caplog.text


def test_a_folder_without_places_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No photo of"):
        sources.opened([tmp_path])


@pytest.mark.parametrize("names", [["a.txt"], ["a.csv", "b.csv"], ["a.tar", "b.csv"]])
def test_what_is_no_collection_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"neither|must all be"):
        sources.opened([tmp_path / name for name in names])


def test_shards_written_here_come_back(album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "EACH", 50)
    photos = sources.opened([album])
    assert shards.write(photos, tmp_path, 32, workers=0) == 0
    again = sources.opened([tmp_path])
    assert len(list(tmp_path.glob("*.tar"))) == 3
    assert np.allclose([again.lat, again.lng], [photos.lat, photos.lng])
    assert again.uploader.tolist() == photos.uploader.tolist()
    one, other = images.middle_square(photos.picture(77, 32), 32), np.asarray(again.picture(77, 32))
    assert other.shape == (32, 32, 3)
    assert np.abs(one.astype(int) - other).mean() < 6  # noise, through JPEG


def test_writing_goes_on_where_it_was_broken_off(album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "EACH", 50)
    photos = sources.opened([album])
    shards.write(photos, tmp_path, 32, workers=0)
    first, second, _ = sorted(tmp_path.glob("*.tar"))
    kept = first.stat().st_mtime_ns
    second.unlink()
    shards.write(photos, tmp_path, 32, workers=0)
    assert (second.exists(), first.stat().st_mtime_ns) == (True, kept)


def test_shards_of_the_webdataset_library_can_be_read(tmp_path: Path) -> None:
    with webdataset.TarWriter(str(tmp_path / "theirs.tar")) as tar:  # type: ignore[no-untyped-call]
        for number in range(3):
            told = {"lat": 10.0 + number, "lng": 20, "uploader": "ana"}
            tar.write({"__key__": f"{number:04d}", "jpg": np.full((20, 20, 3), 80 * number, np.uint8), "json": told})
        tar.write({"__key__": "nowhere", "jpg": np.zeros((20, 20, 3), np.uint8), "json": {"title": "no place"}})
    photos = sources.opened([tmp_path / "theirs.tar"])
    assert photos.lat.tolist() == [10.0, 11.0, 12.0]
    assert photos.uploader.tolist() == ["ana"] * 3
    assert [np.asarray(photos.picture(k, 20)).mean().round() for k in range(3)] == [0, 80, 160]


def test_shards_of_several_painters_are_not_mixed(tmp_path: Path) -> None:
    for painter in (1, 2):
        with webdataset.TarWriter(str(tmp_path / f"{painter}.tar")) as tar:  # type: ignore[no-untyped-call]
            told = {"lat": 1.0, "lng": 1.0, "painter": painter}
            tar.write({"__key__": "0", "jpg": np.zeros((20, 20, 3), np.uint8), "json": told})
    with pytest.raises(ValueError, match="different kinds"):
        sources.opened([tmp_path])


def shard(path: Path, members: Sequence[tuple[str, bytes]], mode: str = "w") -> Path:
    """Write a tar of these members."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


PLACE = b'{"Latitude": 48.1, "Longitude": 11.5}'


@pytest.mark.parametrize(
    "names",
    [
        ("./000.jpg", "./000.json", "./001.jpg", "./001.json"),
        ("v1.2/000.jpg", "v1.2/000.json", "v1.2/001.jpg", "v1.2/001.json"),
        ("000.json", "001.json", "000.jpg", "001.jpg"),
        ("001.jpg", "000.json", "000.jpg", "001.json"),
    ],
)
def test_shards_made_by_tar_can_be_read(tmp_path: Path, names: tuple[str, ...]) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 60), "red").save(picture, "JPEG")
    data = {"jpg": picture.getvalue(), "json": PLACE}
    made = opened([shard(tmp_path / "a.tar", [(name, data[name.rpartition(".")[2]]) for name in names])])
    assert made.lat.tolist() == [48.1, 48.1]
    assert made.picture(1, 60).size == (60, 60)  # type: ignore[union-attr]


def test_what_a_shard_loses_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad = (b'{"latitude": "unknown", "longitude": 1}', b"no JSON", b"[1]", b'{"latitude": null, "longitude": 1}')
    members = [("good.jpg", b""), ("good.json", PLACE), ("alone.jpg", b"")]
    for number, told in enumerate(bad):
        members += [(f"{number}.jpg", b""), (f"{number}.json", told)]
    assert len(opened([shard(tmp_path / "a.tar", members)])) == 1
    assert "5 of 6 pictures" in caplog.text


def test_a_compressed_shard_is_refused(tmp_path: Path) -> None:
    packed = shard(tmp_path / "a.tar", [("a.jpg", b""), ("a.json", PLACE)], "w:gz")
    with pytest.raises(ValueError, match="not compressed"):
        opened([packed])


def test_shards_of_other_photos_are_not_taken_for_these(album: Path, tmp_path: Path) -> None:
    photos = opened([album])
    out = tmp_path / "shards"
    assert shards.write(photos, out, 40, 0) == 0
    assert shards.write(photos, out, 40, 0) == 0  # the same again
    for other, size in ((photos, 48), (Part.of(photos, np.arange(50)), 40)):
        with pytest.raises(ValueError, match="other photos"):
            shards.write(other, out, size, 0)


def test_a_photo_that_could_not_be_read_is_counted_each_time(tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_text("filename,latitude,longitude\ngone.jpg,1,2\n")
    photos = opened([tmp_path / "photos.csv"])
    assert [shards.write(photos, tmp_path / "out", 40, 0) for _ in range(2)] == [1, 1]


def test_what_nothing_was_fitted_on_is_judged_on() -> None:
    parts = split(crowd(people=300, towns=400, photos=3000), 0.3)
    watched, judged = parts.watched(), parts.judged()
    assert len(watched) + len(judged) == len(parts.held_out)
    assert min(len(watched), len(judged)) > 0.3 * len(parts.held_out)
    towns = [set(zip(part.lat.tolist(), part.lng.tolist(), strict=True)) for part in (watched, judged)]
    assert not towns[0] & towns[1]


def test_a_collection_by_one_person_is_told_how_it_can_be_parted() -> None:
    with pytest.raises(ValueError, match="Leave the column `uploader` out"):
        split(crowd(people=1, towns=40, photos=300))


def test_what_is_no_shard_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"no tar" * 200)
    with pytest.raises(ValueError, match="no shard that can be read"):
        sources.opened([tmp_path / "a.tar"])
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.add(__file__, "nothing.py")
    with pytest.raises(ValueError, match="No photo of"):
        sources.opened([tmp_path / "a.tar"])


def test_toy_earths_places_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sources.ToyEarth.of("train", 3, 5, tmp_path / "places.npz")
    assert [(y, x) for y, x in zip(first.lat, first.lng, strict=True)] == [
        toyearth.place("train", 3, i) for i in range(5)
    ]
    assert first.painter == toyearth.PAINTER_VERSION
    other = sources.ToyEarth.of("train", 4, 5, tmp_path / "other.npz")
    assert other.lat[0] == toyearth.place("train", 4, 0)[0]
    monkeypatch.setattr(toyearth, "places", None)
    assert np.array_equal(sources.ToyEarth.of("train", 3, 5, tmp_path / "places.npz").lat, first.lat)


def crowd(people: int, towns: int, photos: int, unknown: float = 0.0) -> Collection:
    """Photos of some people in some towns, at random."""
    rng = np.random.default_rng(people)
    lat, lng = rng.uniform(-60, 60, towns), rng.uniform(-180, 180, towns)
    town, who = rng.integers(towns, size=photos), rng.integers(people, size=photos)
    names = np.where(rng.random(photos) < unknown, "", np.char.add("person ", who.astype(str)))
    return Collection(lat[town], lng[town], names, 0)


@pytest.mark.parametrize("unknown", [0.0, 0.5, 1.0])
def test_no_town_and_no_person_is_on_both_sides(unknown: float) -> None:
    photos = crowd(people=2000, towns=3000, photos=6000, unknown=unknown)
    parts = split(photos, share=0.1)
    for name in ("town", "uploader"):
        one, other = (
            set(side.uploader) - {""} if name == "uploader" else set(parents(leaf_ids(side.lat, side.lng), 10).tolist())
            for side in (parts.train, parts.held_out)
        )
        assert not one & other, name
    assert len(parts.train) + len(parts.held_out) + parts.left_out == 6000
    assert len(parts.train) > 0.7 * 6000
    assert len(parts.held_out) > 50
    again = split(photos, share=0.1)
    assert np.array_equal(again.train.indices, parts.train.indices)


def test_who_is_held_out_does_not_depend_on_who_else_is_there() -> None:
    photos = crowd(people=300, towns=3000, photos=3000)
    fewer = Collection(photos.lat[:1500], photos.lng[:1500], photos.uploader[:1500], 0)
    whole, part = split(photos, 0.1), split(fewer, 0.1)
    assert set(part.train.indices.tolist()) <= set(whole.train.indices.tolist())


def test_a_collection_of_one_place_cannot_be_parted() -> None:
    photos = crowd(people=50, towns=1, photos=100)
    with pytest.raises(ValueError, match="more places are needed"):
        split(photos)


def test_a_part_reads_the_photos_of_the_whole(album: Path) -> None:
    photos = sources.opened([album])
    part = collection.Part.of(photos, np.array([5, 9]))
    assert np.array_equal(np.asarray(part.picture(1, 24)), np.asarray(photos.picture(9, 24)))
    assert part.lat.tolist() == photos.lat[[5, 9]].tolist()


def test_large_photos_are_decoded_small_and_look_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize((1280, 960), Image.BICUBIC)
    coarse.save(tmp_path / "large.jpg", quality=92)
    small = images.loaded(tmp_path / "large.jpg", 100)
    assert max(small.size) < 400
    with Image.open(tmp_path / "large.jpg") as whole:
        difference = images.middle_square(small, 100).astype(int) - images.middle_square(whole, 100)
    assert np.abs(difference).mean() < 2


def test_shards_say_which_painter(tmp_path: Path) -> None:
    photos = sources.ToyEarth(np.array([1.0]), np.array([2.0]), np.array([""]), 2, "train", 3)
    told = shards._Written(photos, tmp_path, 8)._told(0)
    assert json.loads(json.dumps(told)) == {"latitude": 1.0, "longitude": 2.0, "painter": 2}
