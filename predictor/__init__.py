"""The geolocator: pixels in, a probability distribution over the Earth out."""
