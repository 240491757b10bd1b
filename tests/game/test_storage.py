"""Static files are given names of their content, once."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage

from geogame.storage import HashedStatics


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("source", "root"):
        (tmp_path / name).mkdir()
    (tmp_path / "source" / "a.js").write_text('import { b } from "./b.js";\n' * 20)
    (tmp_path / "source" / "b.js").write_text("export const b = 1;\n")
    return tmp_path


def process(folder: Path) -> list[Any]:
    """Copy and process all files of the source, up to the first that fails, as collectstatic does."""
    source = StaticFilesStorage(folder / "source", base_url="/static/")
    files = list((folder / "source").iterdir())
    for file in files:
        (folder / "root" / file.name).write_bytes(file.read_bytes())
    told = []
    for name, hashed, outcome in statics(folder).post_process({file.name: (source, file.name) for file in files}):
        if isinstance(outcome, Exception):
            raise outcome
        told.append((name, hashed))
    return told


def statics(folder: Path) -> HashedStatics:
    return HashedStatics(folder / "root", base_url="/static/")


def written(folder: Path) -> dict[str, int]:
    """Return when each of the files was written that have a name of their content."""
    return {file.name: file.stat().st_mtime_ns for file in (folder / "root").glob("*.*.js*")}


def test_what_was_processed_is_left_alone(folder: Path) -> None:
    assert process(folder)
    before = written(folder)
    assert any(name.endswith(".gz") for name in before)
    assert process(folder) == []
    assert written(folder) == before
    assert statics(folder).url("a.js").removeprefix("/static/") in before


def test_a_module_that_changed_changes_the_names_of_those_that_import_it(folder: Path) -> None:
    process(folder)
    before = statics(folder).url("a.js")
    (folder / "source" / "b.js").write_text("export const b = 2;\n")
    process(folder)
    assert statics(folder).url("a.js") != before


def test_what_could_not_be_processed_is_tried_again(folder: Path) -> None:
    (folder / "source" / "b.js").unlink()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"b\.js"):
            process(folder)
