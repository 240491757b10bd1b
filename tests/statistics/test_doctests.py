"""The examples in the docstrings are true, and every public function can go on the methods page."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import geogame.statistics

NAMES = [each.name for each in pkgutil.iter_modules(geogame.statistics.__path__)]


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"geogame.statistics.{name}")).failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_public_function_says_what_it_does(name: str) -> None:
    module = importlib.import_module(f"geogame.statistics.{name}")
    for told, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and not told.startswith("_"):
            assert function.__doc__, f"{name}.{told} has no docstring"
