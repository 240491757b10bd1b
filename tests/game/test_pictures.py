"""What becomes of a picture's pixels: upright, of one colour space, in the sizes that are served."""

import io
import struct

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from geogame import derivatives, pictures
from geogame.pictures import Developed, Unusable
from tests.game import hostile

RED, BLUE, WHITE = (220, 30, 30), (30, 30, 220), (255, 255, 255)
SIZE = (160, 120)
# What a camera stores of the upright picture, by the orientation tag that says so.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def saved(image: Image.Image, form: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def developed(data: bytes) -> Developed:
    return pictures.develop(data, 20_000_000)


def seen(data: bytes) -> Image.Image:
    """Return what is kept of a file."""
    return Image.open(io.BytesIO(developed(data).picture.jpeg))


def is_like(image: Image.Image, colour: tuple[int, int, int], at: tuple[int, int] = (40, 60)) -> bool:
    return np.abs(np.subtract(image.getpixel(at), colour)).max() <= 8


def kinds(data: bytes) -> list[str]:
    return [each.kind for each in developed(data).oddities if each.kind != "no-place"]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_is_applied_once_in_every_format(form: str) -> None:
    upright = hostile.picture(SIZE)
    for orientation in range(1, 9):
        turn = STORED.get(orientation)
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        data = saved(upright if turn is None else upright.transpose(turn), form, exif=exif, quality=95)
        image = seen(data)
        assert image.size == SIZE, orientation
        assert np.abs(np.subtract(image, np.asarray(upright, dtype=np.int16))).mean() < 5, orientation


def swapped_profile() -> bytes:
    """Return sRGB's profile with red and blue in each other's place."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_colour_profile_is_turned_to_srgb(form: str) -> None:
    data = saved(Image.new("RGB", SIZE, RED), form, icc_profile=swapped_profile(), quality=95)
    assert is_like(seen(data), BLUE)


def test_a_colour_profile_holds_behind_a_transparent_picture_too() -> None:
    image = Image.new("RGBA", SIZE, (*RED, 255))
    image.paste((*RED, 0), (80, 0, 160, 120))
    kept = seen(saved(image, "PNG", icc_profile=swapped_profile()))
    assert is_like(kept, BLUE)
    assert is_like(kept, WHITE, (120, 60))


def half(mode: str, colour: object, other: object) -> Image.Image:
    image = Image.new(mode, SIZE, colour)  # type: ignore[arg-type]
    image.paste(other, (80, 0, 160, 120))  # type: ignore[arg-type]
    return image


def palette() -> Image.Image:
    image = half("P", 0, 1)
    image.putpalette([*RED, *BLUE])
    return image


def sixteen_bits(low: int, high: int, mode: str = "I;16") -> Image.Image:
    levels = np.full(SIZE[::-1], low, dtype=np.uint16)
    levels[:, 80:] = high
    return Image.frombytes(mode, SIZE, levels.astype(">u2" if mode == "I;16B" else "<u2").tobytes())


GREY = (128, 128, 128)


@pytest.mark.parametrize(
    ("image", "form", "how", "left", "right"),
    [
        (half("L", 128, 255), "PNG", {}, GREY, WHITE),
        (half("1", 0, 1), "PNG", {}, (0, 0, 0), WHITE),
        (half("1", 0, 1), "TIFF", {"compression": "group4"}, (0, 0, 0), WHITE),
        (half("LA", (128, 255), (128, 0)), "PNG", {}, GREY, WHITE),
        (half("RGBA", (*RED, 255), (*RED, 0)), "WEBP", {"lossless": True}, RED, WHITE),
        (half("RGBA", (*RED, 255), (*BLUE, 128)), "PNG", {}, RED, (142, 142, 237)),
        (half("RGB", RED, BLUE), "PNG", {"transparency": BLUE}, RED, WHITE),
        (palette(), "PNG", {}, RED, BLUE),
        (palette(), "PNG", {"transparency": 1}, RED, WHITE),
        (half("CMYK", (0, 255, 255, 0), (0, 0, 0, 0)), "JPEG", {"quality": 95}, (255, 0, 0), WHITE),
        (half("YCbCr", (128, 128, 128), (255, 128, 128)), "TIFF", {}, GREY, WHITE),
        (sixteen_bits(0x8000, 0xFFFF), "PNG", {}, GREY, WHITE),
        (sixteen_bits(0x8000, 0xFFFF), "TIFF", {}, GREY, WHITE),
        (sixteen_bits(0x8000, 0xFFFF, "I;16B"), "TIFF", {}, GREY, WHITE),
        (half("RGBa", (*RED, 255), (0, 0, 0, 0)), "HEIF", {"quality": 95}, RED, WHITE),
    ],
)
def test_every_kind_of_pixel_becomes_plain_colour(
    image: Image.Image, form: str, how: dict[str, object], left: tuple[int, int, int], right: tuple[int, int, int]
) -> None:
    kept = seen(saved(image, form, **how))
    assert is_like(kept, left)
    assert is_like(kept, right, (120, 60))


def test_sixteen_bits_of_which_few_are_used_are_stretched_and_it_is_said() -> None:
    for image in (sixteen_bits(6765, 7810), sixteen_bits(6765, 7810, "I;16B"), half("F", 0.25, 0.5), half("I", 7, 9)):
        data = saved(image, "TIFF")
        kept = seen(data)
        assert is_like(kept, (0, 0, 0))
        assert is_like(kept, WHITE, (120, 60))
        assert kinds(data) == ["odd-file"]


def test_of_several_pages_the_first_is_taken_and_it_is_said() -> None:
    for form in ("TIFF", "MPO"):
        data = saved(half("RGB", RED, BLUE), form, save_all=True, append_images=[Image.new("RGB", SIZE)])
        assert is_like(seen(data), RED)
        assert kinds(data) == ["odd-file"]


def test_a_second_page_that_is_damaged_takes_nothing_from_the_first() -> None:
    data = bytearray(saved(half("RGB", RED, BLUE), "TIFF"))
    (at,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * entries, len(data))  # another page, of no entries
    data += bytes(6)
    assert is_like(seen(bytes(data)), RED)
    assert kinds(bytes(data)) == ["odd-file"]


@pytest.mark.parametrize("tag", [ExifTags.Base.Make, ExifTags.Base.Model])
def test_what_has_a_screen_s_size_and_no_camera_may_be_a_screenshot(tag: int) -> None:
    screen, exif = hostile.picture((640, 1136)), Image.Exif()
    exif[tag] = "Camera"
    for form, is_light in (("PNG", False), ("JPEG", True)):
        (odd,) = developed(saved(screen, form)).oddities[:-1]  # the last is that it has no place
        assert (odd.kind, odd.is_light) == ("screenshot", is_light)
        assert kinds(saved(screen, form, exif=exif)) == []
        assert kinds(saved(hostile.picture((641, 1136)), form)) == []


def test_a_photo_in_the_shape_of_a_tablet_is_no_screenshot_unless_it_is_a_png() -> None:
    tablet = hostile.picture((2048, 1536))
    assert kinds(saved(tablet, "JPEG")) == []
    assert kinds(saved(tablet, "PNG")) == ["screenshot"]


def test_the_size_in_the_file_tells_a_screen_and_not_that_of_what_was_decoded() -> None:
    halved_it_is_as_large_as_a_screen = Image.linear_gradient("L").resize((4320, 2160))
    assert kinds(saved(halved_it_is_as_large_as_a_screen, "JPEG")) == []


def test_a_fog_is_doubted() -> None:
    assert kinds(saved(Image.new("RGB", SIZE, GREY), "PNG")) == ["blank"]


def grain(mode: str = "RGB", profile: bytes = b"") -> bytes:
    """Return a JPEG of which every row takes some bytes."""
    noise = np.random.default_rng(3).integers(0, 255, (*SIZE[::-1], 4), np.uint8)
    image = Image.fromarray(noise[..., : len(mode)].squeeze() if mode != "L" else noise[..., 0], mode)
    return saved(image, "JPEG", exif=turned(6), icc_profile=profile)


def turned(tag: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = tag
    return exif


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_jpeg_that_was_cut_off_and_closed_is_doubted_however_it_is_turned(mode: str, share: float) -> None:
    whole = grain(mode, swapped_profile() if mode == "RGB" else b"")
    cut = whole[: int(len(whole) * share)] + b"\xff\xd9"
    (odd,) = (each for each in developed(cut).oddities if each.kind == "damaged")
    assert 100 * (1 - share) - 20 <= float(odd.values["percent"]) <= 100 * (1 - share) + 5
    assert kinds(whole) == []


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_with_a_gap_of_zeros_is_doubted(progressive: bool) -> None:
    """A disk or a line that lost a part of it leaves those, and decoders say nothing."""
    pixels = np.random.default_rng(3).integers(0, 255, (600, 800, 3), np.uint8)
    whole = saved(Image.fromarray(pixels), "JPEG", quality=95, progressive=progressive)
    lost = len(whole) // 2
    gap = whole[:lost] + bytes(70_000) + whole[lost + 70_000 :]
    assert "odd-file" in kinds(gap)
    if progressive:
        with pytest.raises(Unusable, match="cut short"):
            kinds(whole[:lost] + bytes(len(whole) - lost))
    else:
        assert "odd-file" in kinds(whole[:lost] + bytes(len(whole) - lost))
    assert "odd-file" not in kinds(whole)
    assert "odd-file" not in kinds(whole + bytes(70_000))  # some cameras fill their files up


@pytest.mark.parametrize("colour", [0, 255, 60, 200])
def test_bars_skies_and_floors_of_one_colour_are_no_damage(colour: int) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (*SIZE[::-1], 3), np.uint8)
    pixels[40:] = colour
    assert kinds(saved(Image.fromarray(pixels), "PNG")) == []
    pixels[40:] = 128
    assert kinds(saved(Image.fromarray(pixels), "PNG")) == ["damaged"]  # whoever saved it again in the meantime
    pixels[:, :3] = 7
    assert kinds(saved(Image.fromarray(pixels), "PNG")) == []


def test_a_heic_file_may_say_that_its_last_box_reaches_to_the_end() -> None:
    whole = hostile.saved("HEIF")
    at = whole.index(b"mdat") - 4
    assert at + int.from_bytes(whole[at : at + 4], "big") == len(whole)
    assert developed(whole[:at] + b"\0\0\0\0" + whole[at + 4 :])
    with pytest.raises(Unusable, match="cut short"):
        developed(whole[:-1])


@pytest.mark.parametrize(
    ("size", "kept", "made"),
    [
        ((2600, 1300), (2048, 1024), {(1280, "jpeg"), (640, "jpeg"), (320, "jpeg"), (2048, "webp"), (1280, "webp"),
                                      (640, "webp"), (1280, "avif"), (640, "avif")}),
        ((1000, 800), (1000, 800), {(640, "jpeg"), (320, "jpeg"), (1000, "webp"), (640, "webp"), (1000, "avif"),
                                    (640, "avif")}),
        ((600, 1200), (600, 1200), set()),
    ],
)  # fmt: skip
def test_the_sizes_that_are_served_are_no_larger_than_the_picture(
    size: tuple[int, int], kept: tuple[int, int], made: set[tuple[int, str]]
) -> None:
    one = developed(hostile.saved("JPEG", size))
    assert (one.picture.width, one.picture.height) == kept
    assert set(one.smaller) == made
    for (width, form), data in one.smaller.items():
        image = Image.open(io.BytesIO(data))
        assert image.format == form.upper()
        assert image.width == width
        assert image.height == pytest.approx(width * kept[1] / kept[0], abs=1)


def test_no_two_derivatives_share_a_name() -> None:
    keys = {(width, form) for form, widths in derivatives.WIDTHS.items() for width in widths}
    names = {derivatives.name("ab/abcd.jpg", width, form) for width, form in keys}
    assert len(names | {"ab/abcd.jpg"}) == len(keys) + 1
