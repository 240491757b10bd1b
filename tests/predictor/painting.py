"""What painting needs beyond the game: who has it not skips these tests, and reads why."""

import pytest


def needed() -> None:
    """Skip the calling module where pictures cannot be painted: a package, a system library or a font is missing."""
    reason = "painting needs predictor/toyearth/requirements.txt and Debian's libegl1 libgl1 libfontconfig1"
    pytest.importorskip("skia", reason=reason, exc_type=ImportError)
    from predictor.toyearth import lettering

    try:
        lettering.require_fonts()
    except lettering.MissingFonts as error:
        pytest.skip(str(error), allow_module_level=True)
