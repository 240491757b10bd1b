"""Write down what an opponent was trained on, so that sets can be held against it."""

import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from PIL import Image
from tqdm import tqdm

from geogame import contamination, fingerprints
from geogame.language import sentence
from geogame.pictures import Unusable
from geogame.rules.refusals import Refused
from geogame.sources import Item, entries


class Command(BaseCommand):
    help = (
        "Make an index of photos with places, which sets are held against (check_set): perceptual hashes and places of "
        "what an opponent was trained on. The photos are a folder or zip with a table, or a table beside its files."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="folder, .zip or table")
        parser.add_argument(
            "--out", type=Path, required=True, help="the index, .npz; staff can choose those in the folder INDEX_ROOT"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        hashes, lat, lng, left = [], [], [], 0
        try:
            for entry in tqdm(entries(options["source"]), unit="photo", disable=None):
                if not isinstance(entry, Item) or entry.place is None:
                    left += 1
                    continue
                try:
                    with Image.open(io.BytesIO(entry.read())) as image:
                        phash, _ = fingerprints.of(image)
                except (Unusable, OSError, ValueError, Image.DecompressionBombError):
                    left += 1
                    continue
                hashes.append(phash)
                lat.append(entry.place.lat)
                lng.append(entry.place.lng)
        except Refused as refusal:
            raise CommandError(sentence(refusal)) from refusal
        if not hashes:
            raise CommandError("None of these photos could be read and has a place in the table.")
        contamination.write(options["out"], hashes, lat, lng)
        self.stdout.write(f"{len(hashes)} photos written to {options['out']}, {left} left out.")
