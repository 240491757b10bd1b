"""How `make test` shares tests out among processes: a plugin of pytest-xdist."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# What starts servers, or is long: the tests of a group run in one process, and where cores are few, beside quick ones.
GROUPS = (
    ("tests/browser/",),
    tuple(f"tests/game/test_{name}.py" for name in ("large_setup", "concurrency", "hall", "starter", "any_order")),
)


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Whoever is free gets the next test, or a whole group; groups are given first, the largest before the others."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group[0] for group in GROUPS if nodeid.startswith(group)), nodeid)


# pytest-xdist has groups of its own, but pytest 9.2 loses the names that it gives them.
@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Sharing:
    return Sharing(config, log)
