"""Which painter made a picture. Pictures and weights carry it: weights know only the world they were trained on."""

PAINTER_VERSION = 2
