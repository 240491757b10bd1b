"""Toy Earth: made-up pictures at real positions. Same arguments, same bytes; nothing here is a photograph of anywhere.

>>> lat, lng = place("train", 7, 0)
>>> (lat, lng) == place("train", 7, 0)
True
"""

import numpy as np

from predictor.toyearth.fields import CHANNELS, channels
from predictor.toyearth.land import nearest_city, place, places
from predictor.toyearth.painter import PAINTER_VERSION, Picture, paint

__all__ = ["CHANNELS", "PAINTER_VERSION", "Picture", "channels", "picture", "place", "places"]


def picture(split: str, seed: int, index: int, size: int) -> Picture:
    """Paint the picture of that index: (size, size, 3) uint8, at place(split, seed, index)."""
    lat, lng = place(split, seed, index)
    chance = np.random.SeedSequence([seed, index, len(split)])  # any number does that tells the splits apart
    image = paint(lat, lng, chance, size)
    city = nearest_city(lat, lng)
    return Picture(image=image, lat=lat, lng=lng, title=f"Toy Earth: near {city.name}, {city.country}")
