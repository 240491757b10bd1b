"""Files that were made to break readers, by name. All are made here; none is larger than a few megabytes."""

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, PngImagePlugin, TiffImagePlugin

pillow_heif.register_heif_opener()
Rational = TiffImagePlugin.IFDRational
GPS = ExifTags.IFD.GPSInfo


def picture(size: tuple[int, int] = (160, 120)) -> Image.Image:
    noise = np.random.default_rng(3).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


def saved(form: str, size: tuple[int, int] = (160, 120), **how: object) -> bytes:
    out = io.BytesIO()
    picture(size).save(out, form, **how)
    return out.getvalue()


MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "LAB", "I", "F")
FORMS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")


def modes() -> Iterator[bytes]:
    """Give sound files: every kind of pixel in every format that can hold it."""
    grey = picture().convert("I")
    deep = [Image.frombytes("I;16B", grey.size, np.asarray(grey, dtype=">u2").tobytes()), grey.convert("I;16")]
    for image in [*deep, *(picture().convert(mode) for mode in MODES)]:
        for form in FORMS:
            out = io.BytesIO()
            with contextlib.suppress(OSError, ValueError, KeyError):  # it cannot hold that
                image.save(out, form)
                yield out.getvalue()


def truncated() -> Iterator[tuple[str, bytes]]:
    """Cut each format short at every sixteenth."""
    for form in FORMS:
        whole = saved(form)
        for part in range(1, 16):
            yield f"{form} cut at {part}/16", whole[: len(whole) * part // 16]


def polyglots() -> Iterator[tuple[str, bytes]]:
    jpeg, page = saved("JPEG"), b"<html><script>alert(1)</script></html>"
    yield "a JPEG with a zip behind it", jpeg + b"PK\x03\x04" + b"\0" * 100
    yield "a JPEG with a page behind it", jpeg + page
    yield "a page with a JPEG behind it", page + jpeg
    yield "a PDF with a JPEG behind it", b"%PDF-1.7\n" + jpeg
    yield "GIF's head on a JPEG", b"GIF89a" + jpeg
    yield "a PNG with a JPEG behind it", saved("PNG") + jpeg
    yield "a JPEG with a page in its comment", saved("JPEG", comment=page)
    yield "an SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "PHP in front of a JPEG", b"<?php system($_GET['c']); ?>" + jpeg
    yield "a JPEG of which only the marks are left", b"\xff\xd8\xff\xd9"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, row: bytes, rows: int, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bombs() -> Iterator[tuple[str, bytes]]:
    yield "a PNG of 20,000 × 20,000 single bits", png(20_000, 20_000, 1, 0, b"\0" * 2501, 20_000)
    yield "a PNG of 8,900 × 8,900 in colour", png(8_900, 8_900, 8, 2, b"\0" * (1 + 3 * 8_900), 8_900)
    yield "a PNG of 8,900 × 8,900 in 64 bits", png(8_900, 8_900, 16, 6, b"\0" * (1 + 8 * 8_900), 8_900)
    text = zlib.compress(b"x" * 50_000_000, 9)
    yield "a PNG whose text is 50 MB", png(160, 120, 8, 2, b"\0" * 481, 120, chunk(b"zTXt", b"a\0\0" + text))
    yield "a PNG whose profile is 50 MB", png(160, 120, 8, 2, b"\0" * 481, 120, chunk(b"iCCP", b"a\0\0" + text))
    yield "a PNG with 20,000 chunks", png(160, 120, 8, 2, b"\0" * 481, 120, *[chunk(b"tEXt", b"a\0b")] * 20_000)
    many = PngImagePlugin.PngInfo()
    many.add_itxt("XML:com.adobe.xmp", LAUGHS)
    yield "XMP that laughs a billion times", saved("PNG", pnginfo=many)
    yield "XMP in a JPEG that laughs too", saved("JPEG", xmp=LAUGHS.encode())
    yield "XMP that is nested 5,000 times", saved("JPEG", xmp=(b"<a>" * 5_000 + b"</a>" * 5_000))


XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="0,4.21601S"'
    ' exif:GPSLongitude="51,7,30.5E"/></rdf:RDF></x:xmpmeta>'
)
COMMENTS = b"user: somebody\0latitude: 41.8902\0longitude: -12.4922"  # lines of Im2GPS, each a comment of its own

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><x>&j;</x>"
)


def claims() -> Iterator[tuple[str, bytes]]:
    """Headers that claim 50,000 × 50,000 pixels."""
    big = 50_000
    yield "a PNG that claims 50,000 × 50,000", png(big, big, 8, 2, b"\0" * 100, 1)
    jpeg = bytearray(saved("JPEG"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", big, big)
    yield "a JPEG that claims 50,000 × 50,000", bytes(jpeg)
    webp = bytearray(saved("WEBP", lossless=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"))
    at = webp.index(b"VP8X")
    webp[at + 12 : at + 18] = (big - 1).to_bytes(3, "little") * 2
    yield "a WebP that claims 50,000 × 50,000", bytes(webp)
    tiff = bytearray(saved("TIFF"))
    (at,) = struct.unpack_from("<I", tiff, 4)
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", tiff, at)[0], 12):
        if struct.unpack_from("<H", tiff, entry)[0] in (256, 257):  # width and height
            struct.pack_into("<HII", tiff, entry + 2, 4, 1, big)
    yield "a TIFF that claims 50,000 × 50,000", bytes(tiff)
    for form in ("AVIF", "HEIF"):
        whole = saved(form)
        at = whole.index(b"ispe") + 8
        yield f"{form} that claims 50,000 × 50,000", whole[:at] + struct.pack(">II", big, big) + whole[at + 8 :]
    yield "a JPEG of no pixels", bytes(jpeg).replace(struct.pack(">HH", big, big), b"\0\0\0\0")


def tiff_head(*entries: tuple[int, int, int, int], next_ifd: int = 0, count: int | None = None) -> bytes:
    """Return an EXIF block of these entries (tag, type, count, value), big-endian, its first IFD at byte 8."""
    body = b"".join(struct.pack(">HHII", *entry) for entry in entries)
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", count or len(entries)) + body + struct.pack(">I", next_ifd)


def with_block(block: bytes) -> bytes:
    return saved("JPEG", exif=block)


def gps(lat: object, lng: object, refs: tuple[object, object] = ("N", "E"), form: str = "JPEG") -> bytes:
    return saved(form, exif=gps_block(lat, lng, refs))


def gps_block(lat: object, lng: object, refs: tuple[object, object]) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "camera"  # a block of nothing but GPS would not be written to PNG, TIFF and AVIF
    exif.get_ifd(GPS).update({1: refs[0], 2: lat, 3: refs[1], 4: lng})
    return exif.tobytes()


def exifs() -> Iterator[tuple[str, bytes]]:
    yield "an IFD that follows itself", with_block(tiff_head((274, 3, 1, 6 << 16), next_ifd=8))
    yield "a GPS block that is the first IFD", with_block(tiff_head((34853, 4, 1, 8)))
    yield "an EXIF block that holds itself", with_block(tiff_head((34665, 4, 1, 8), (34853, 4, 1, 8)))
    yield "a GPS block behind the end", with_block(tiff_head((34853, 4, 1, 0xFFFFFF00)))
    yield "a tag of 2^32 - 1 values", with_block(tiff_head((270, 2, 0xFFFFFFFF, 8)))
    yield "65,535 entries that are not there", with_block(tiff_head((274, 3, 1, 1 << 16), count=65_535))
    yield "5,000 entries", with_block(tiff_head(*[(40_000 + n, 3, 1, n << 16) for n in range(5_000)]))
    yield "noise for EXIF", with_block(b"Exif\0\0" + np.random.default_rng(1).bytes(60_000))
    yield "an orientation that is a text", with_block(tiff_head((274, 2, 4, 0x41424344)))
    yield "an orientation of 99", with_block(tiff_head((274, 3, 1, 99 << 16)))
    yield "a type that does not exist", with_block(tiff_head((274, 99, 1, 1)))
    zero = Rational(0, 0)
    yield "GPS of zero by zero", gps((zero, zero, zero), (zero, zero, zero))
    yield "GPS of one by zero", gps((Rational(48, 0), 1.0, 1.0), (Rational(11, 0), 1.0, 1.0))
    yield "GPS of hemispheres X and Q", gps((48.0, 5.0, 0.0), (11.0, 5.0, 0.0), ("X", "Q"))
    yield "GPS of hemispheres that were swapped", gps((48.0, 5.0, 0.0), (11.0, 5.0, 0.0), ("E", "N"))
    yield "GPS without hemispheres", gps((48.0, 5.0, 0.0), (11.0, 5.0, 0.0), ("", ""))
    yield "GPS beyond the pole", gps((95.0, 0.0, 0.0), (200.0, 0.0, 0.0))
    yield "GPS of 75 minutes", gps((33.0, 75.0, 0.0), (70.0, 15.0, 0.0))
    yield "GPS of no parts", gps((), ())
    yield "GPS of ten parts", gps((1.0,) * 10, (1.0,) * 10)
    yield "GPS of a million degrees", gps((1e6, 0.0, 0.0), (1e6, 0.0, 0.0))
    yield "GPS in a WebP with letters of its own", gps((48.0, 5.0, 0.0), (11.0, 5.0, 0.0), ("ñ", "☃"), "WEBP")
    yield "a latitude alone", with_block(tiff_head((34853, 4, 1, 26)) + tiff_head((2, 5, 3, 0))[14:])


def odds() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "a single byte", b"\xff"
    yield "noise", np.random.default_rng(2).bytes(100_000)
    yield "a profile of noise", saved("JPEG", icc_profile=np.random.default_rng(4).bytes(5_000))
    yield "a picture of one pixel", saved("PNG", (1, 1))
    yield "a ribbon", saved("PNG", (20_000, 101))
    yield "an animation", b"GIF89a" + b"\0" * 50
    frames = [picture(), picture((160, 120)).rotate(90)]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    yield "a WebP that moves", out.getvalue()
    whole = bytearray(saved("JPEG"))
    whole[len(whole) // 2 :] = bytes(len(whole) - len(whole) // 2)
    yield "a JPEG whose second half is zeros", bytes(whole)
    scans = saved("JPEG", progressive=True)
    at = scans.rindex(b"\xff\xda")
    yield "a JPEG of a thousand scans", scans[:at] + scans[at:-2] * 1_000 + b"\xff\xd9"


def zipped(name: str, data: bytes, how: int = zipfile.ZIP_DEFLATED) -> bytearray:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        archive.writestr(name, data)
    return bytearray(out.getvalue())


def changed(archive: bytearray, local: int, central: int, form: str, value: int) -> bytes:
    """Return a zip of one file whose two headers say something else, at these places in them; -1 is neither."""
    begins = archive.rindex(b"PK\x01\x02")
    if local >= 0:
        struct.pack_into(form, archive, local, value)
    struct.pack_into(form, archive, begins + central, value)
    return bytes(archive)


def zips() -> Iterator[tuple[str, bytes, str]]:
    """Give zips, and a word of why their file is not taken."""
    photo, zeros = saved("JPEG"), bytes(30_000_000)
    yield "a bomb", bytes(zipped("a.jpg", zeros)), "times its size"
    yield "a bomb that claims to be small", changed(zipped("a.jpg", zeros), 22, 24, "<I", 900_000), "damaged"
    yield (
        "a bomb that claims to be packed badly",
        changed(zipped("a.jpg", zeros), -1, 20, "<I", 29_000_000),
        "not a JPEG",
    )
    yield "a bomb of LZMA", bytes(zipped("a.jpg", zeros, zipfile.ZIP_LZMA)), "times its size"
    wide = zipped("a.jpg", b"x" * 900_000, zipfile.ZIP_LZMA)
    wide[40:44] = b"\xff" * 4
    yield "LZMA that wants a dictionary of 4 GB", bytes(wide), "not a JPEG"
    yield "a checksum that is wrong", changed(zipped("a.jpg", photo), 14, 16, "<I", 1), "damaged"
    yield "a file that is locked", changed(zipped("a.jpg", photo), 6, 8, "<H", 1), "encrypted"
    yield "a method that nobody knows", changed(zipped("a.jpg", photo), 8, 10, "<H", 99), "damaged"
    yield "a file behind the end", changed(zipped("a.jpg", photo), -1, 42, "<I", 0x7FFFFFFF), "damaged"
    yield "a zip in a zip", bytes(zipped("a.zip", zipped("b.jpg", photo))), "not a JPEG"
    for path in ("../a.jpg", "a/../../b.jpg", "/etc/a.jpg", "C:/a.jpg", "..\\a.jpg", "\\\\host\\a.jpg"):
        yield f"a path: {path}", bytes(zipped(path, photo)), "leads out"
    many = zipped("a.jpg", zeros[:900_000])
    begins, ends = many.index(b"PK\x01\x02"), many.index(b"PK\x05\x06")
    heads = b"".join(bytes(many[begins:ends]).replace(b"a.jpg", b"%05d" % each) for each in range(200))
    last = many[ends:]
    struct.pack_into("<HHI", last, 8, 200, 200, len(heads))
    yield "two hundred files in the same place", bytes(many[:begins] + heads + last), "damaged"


def all_files() -> list[tuple[str, bytes]]:
    return [*truncated(), *polyglots(), *bombs(), *claims(), *exifs(), *odds()]
