"""Lettering: real letters of the script that was asked for, the right way round, within their frame."""

import numpy as np
import pytest

from tests.predictor import painting

painting.needed()
import skia

from predictor.toyearth import lettering
from predictor.toyearth.easel import box
from predictor.toyearth.lettering import write

SAMPLES = {
    "Latn": "Café", "Cyrl": "Хлеб", "Grek": "Ψωμί", "Arab": "صيدلية", "Deva": "मिठाई", "Hebr": "לחם", "Thai": "ธนาคาร",
    "Jpan": "ホテル", "Hans": "银行", "Kore": "병원", "Armn": "հաց", "Geor": "პური", "Ethi": "ዳቦ",
    "Beng": "রুটি", "Taml": "ரொட்டி",
    "Khmr": "ធនាគារ", "Mymr": "ဘဏ်", "Sinh": "බැංකුව", "Laoo": "ທະນາຄານ",
}  # fmt: skip


def written(text: str, script: str, mirrored: bool = False, frame: tuple[float, ...] = (10, 10, 190, 70)) -> np.ndarray:
    """Return which pixels of a (200, 80) plane, y up, a text covers."""
    surface = skia.Surface(200, 80)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorWHITE)
    canvas.translate(0, 80)
    canvas.scale(1, -1)
    write(canvas, text, script, box(*frame), (0.0, 0.0, 0.0), mirrored)
    return np.asarray(surface.toarray()[:, :, 0] < 128)


@pytest.mark.parametrize("script", SAMPLES)
def test_every_script_has_letters_of_its_own(script: str) -> None:
    """A font without a letter draws the same empty box for every one."""
    here = written(SAMPLES[script], script)
    assert here.any()
    boxes = written("\U000107ff" * len(SAMPLES[script]), script)  # a letter that no font has
    assert (here != boxes).mean() > 0.02
    letters = [written(letter, script) for letter in dict.fromkeys(SAMPLES[script]) if letter.isalpha()]
    assert all((a != b).any() for i, a in enumerate(letters) for b in letters[:i])


def test_a_text_stays_in_its_frame_and_fills_it() -> None:
    covered = written("Postamt", "Latn", frame=(40, 20, 160, 60))
    rows, columns = np.nonzero(covered)
    assert 39 <= columns.min() < 50
    assert 150 < columns.max() <= 161
    assert rows.min() >= 19
    assert rows.max() <= 61


def test_a_text_is_upright_and_runs_to_the_right() -> None:
    covered = written("LLLL", "Latn")
    rows, _columns = np.nonzero(covered)
    low, high = covered[(rows.min() + rows.max()) // 2 :].sum(), covered[: (rows.min() + rows.max()) // 2].sum()
    assert low > high  # the foot of an L is below


def test_mirrored_is_mirrored() -> None:
    plain, mirrored = written("LF", "Latn"), written("LF", "Latn", mirrored=True)
    assert (plain != mirrored).any()
    assert np.abs(plain[:, ::-1].astype(int) - mirrored).mean() < 0.02


def test_arabic_letters_join() -> None:
    """Written one by one the letters of a word cover other pixels than the word."""
    whole = written("سوق", "Arab", frame=(10, 10, 190, 70))
    apart = written("س و ق", "Arab", frame=(10, 10, 190, 70))
    assert (whole != apart).mean() > 0.02


def test_missing_fonts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        def matchFamily(self, name: str) -> "Nothing":
            return self

        def count(self) -> int:
            return 0

    lettering._fonts.cache_clear()
    monkeypatch.setattr(skia, "FontMgr", Nothing)
    with pytest.raises(lettering.MissingFonts, match="apt install fonts-noto-core fonts-noto-cjk"):
        lettering._fonts()
    monkeypatch.undo()
    lettering._fonts.cache_clear()
