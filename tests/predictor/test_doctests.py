"""The examples in docstrings are true."""

import doctest
from types import ModuleType

import pytest

from predictor import geo, metrics, s2


@pytest.mark.parametrize("module", [geo, metrics, s2], ids=lambda module: module.__name__)
def test_examples_are_true(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
