"""The same game in larger parts: a real Redis, PostgreSQL, web server and worker as processes of their own."""

import csv
import functools
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from predictor.tasks import STOP_WITHIN_S
from tests.conftest import jpeg
from tests.game import slow_opponent
from tests.servers import (
    Browser,
    Process,
    environment,
    free_port,
    manage,
    postgres_server,
    redis_server,
    wait_for,
    web,
    worker,
)

pytestmark = [pytest.mark.slow, pytest.mark.redis]
IDLE_S = 21  # longer than any time-out of the parts in between
PATIENCE_S = 240  # for news of a worker that starts meanwhile, on a machine that has other work


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


def installed(folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of an installation that holds one published set of six photos."""
    env = environment(folder, **settings)
    if env["DATABASE_URL"].startswith("sqlite:"):
        shutil.copytree(one_installed().name, folder, dirs_exist_ok=True)
    else:
        install(env, folder)
    return env


@functools.cache
def one_installed() -> "tempfile.TemporaryDirectory[str]":
    """Return an installation on SQLite, to be copied: it is made once. The folder goes when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="beatplanet-tests-")
    install(environment(Path(folder.name)), Path(folder.name))
    return folder


def install(env: dict[str, str], folder: Path) -> None:
    pictures = folder / "pictures"
    pictures.mkdir()
    with (pictures / "photos.csv").open("w") as out:
        table = csv.writer(out)
        table.writerow(["filename", "latitude", "longitude"])
        for number in range(6):
            (pictures / f"{number}.jpg").write_bytes(jpeg())
            table.writerow([f"{number}.jpg", 10 * number - 20, 30 * number - 70])
    manage(env, "migrate", "--verbosity", "0")
    manage(env, "import_photos", str(pictures), "--set", "Six", "--domain", "toy-earth", "--publish")


def locked(browser: Browser) -> bool:
    return browser.machine_state() == "locked"


def play_out(browser: Browser, rounds: int) -> dict:  # type: ignore[type-arg]
    for number in range(1, rounds + 1):
        wait_for(lambda: locked(browser), 120, f"the machine does not answer in round {number}")
        shown = browser.guess(5, 5 * number, key=f"key {number}").raise_for_status().json()
        assert shown["phase"] == "reveal"
        assert all(guess["errorKm"] is not None for guess in shown["reveal"]["guesses"])
        assert shown["reveal"]["cells"]
        browser.next()
    return browser.state()


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_game_through_web_server_redis_and_worker(database: str, tmp_path: Path, redis_url: str) -> None:
    with postgres_server(tmp_path) if database == "postgres" else nothing() as url:
        more = {"DATABASE_URL": url} if url else {}
        env = installed(tmp_path, REDIS_URL=redis_url, **more)
        with web(env, tmp_path, "--no-worker") as address:
            browser = Browser(address)
            assert browser.http.get("/readyz").json()["worker"] == "no answer"
            with worker(env, tmp_path):
                wait_for(lambda: browser.http.get("/readyz").status_code == 200, 240, "no worker answers")
                browser.start("six", 3)
                result = play_out(browser, 3)
        assert result["phase"] == "over"
        told = json.loads(manage(env, "compare", "--json"))
        assert (told["duels"], told["rounds"], told["missing_machine"]) == (3, 3, 0)
        assert len(manage(env, "export_rounds", "--format", "ndjson").splitlines()) == 6


class nothing:
    """No server is needed."""

    def __enter__(self) -> str:
        return ""

    def __exit__(self, *_: object) -> None: ...


def test_why_is_found_out_elsewhere_and_told_step_by_step(tmp_path: Path, redis_url: str) -> None:
    env = installed(tmp_path, REDIS_URL=redis_url.replace("/0", "/6"))
    with web(env, tmp_path, "--no-worker") as address, worker(env, tmp_path):
        browser = Browser(address)
        wait_for(lambda: browser.http.get("/readyz").status_code == 200, 240, "no worker answers")
        browser.start("six", 2)
        this_round = browser.state()["round"]["id"]
        assert browser.post(f"/rounds/{this_round}/why/").status_code == 409
        wait_for(lambda: locked(browser), 120, "the machine does not answer")
        browser.guess(5, 5)
        with browser.socket() as socket:
            json.loads(socket.recv(PATIENCE_S))
            for _ in range(2):
                assert browser.post(f"/rounds/{this_round}/why/").status_code == 200
            heard: list[dict] = []  # type: ignore[type-arg]
            while not heard or heard[-1]["state"] == "waiting":
                why = json.loads(socket.recv(PATIENCE_S))["reveal"]["why"]
                if why["state"] != "unasked":  # a second after somebody came a process looks, and tells what it sees
                    heard.append(why)
        steps = [each["progress"] for each in heard[:-1]]
        assert steps == sorted(steps)
        assert len(set(steps)) > 3
        assert len(heard[-1]["answer"]["drops"]) == heard[-1]["answer"]["rows"] * heard[-1]["answer"]["columns"]
        assert heard[-1] == browser.state()["reveal"]["why"]


def test_a_killed_worker_loses_nothing_and_an_idle_room_still_hears_news(tmp_path: Path, redis_url: str) -> None:
    env = installed(tmp_path, REDIS_URL=redis_url.replace("/0", "/1"))
    with web(env, tmp_path, "--no-worker") as address:
        browser = Browser(address)
        with worker(env, tmp_path) as first:
            wait_for(lambda: browser.http.get("/readyz").status_code == 200, 240, "no worker answers")
            first.send_signal(signal.SIGKILL)
            first.wait()
        browser.start("six", 4)
        assert browser.machine_state() == "thinking"

        # Nobody works: the round ends all the same, with no answer, counted as such.
        browser.guess(1, 2)
        wait_for(lambda: browser.bell()["phase"] == "reveal", 120, "the round waits for a dead worker")
        assert browser.machine_state() == "none"

        # A round opens while nobody works; the worker comes back in the middle of it and answers.
        browser.next()
        with browser.socket() as socket:
            assert json.loads(socket.recv(PATIENCE_S))["round"]["number"] == 2
            time.sleep(IDLE_S)
            with worker(env, tmp_path):
                heard = json.loads(socket.recv(PATIENCE_S))
                while not any(each["kind"] == "machine" and each["state"] == "locked" for each in heard["players"]):
                    heard = json.loads(socket.recv(PATIENCE_S))
                browser.guess(1, 2).raise_for_status()
                while heard["phase"] != "reveal":
                    heard = json.loads(socket.recv(PATIENCE_S))
                browser.next()
                play_out(browser, 2)
        rows = [json.loads(line) for line in manage(env, "export_rounds", "--format", "ndjson").splitlines()]
    missing = [(row["round"], row["kind"]) for row in rows if row["missing"]]
    assert len(rows) == 8
    assert missing == [(1, "machine")]


def test_a_worker_killed_while_it_thinks_loses_nothing(tmp_path: Path, redis_url: str) -> None:
    """Two machines play. One has answered, the other is thinking when its process is killed; it is asked again."""
    env = installed(tmp_path, REDIS_URL=redis_url.replace("/0", "/2"), **slow_opponent.install(tmp_path))
    thinks, go = tmp_path / "thinks", tmp_path / "go"
    with web(env, tmp_path, "--no-worker") as address:
        browser = Browser(address)
        go.touch()
        with worker(env, tmp_path) as first:
            wait_for(lambda: browser.http.get("/readyz").status_code == 200, 240, "no worker answers")
            for file in (go, thinks):  # the worker has tried both machines once, to be warm
                file.unlink()
            browser.start("six", 2)
            wait_for(thinks.exists, 120, "the slow machine is not asked")
            assert locked(browser)  # the first machine, whose answer is given while the other thinks
            first.send_signal(signal.SIGKILL)
            first.wait()
        assert browser.state()["phase"] == "showing"
        go.touch()
        with worker(env, tmp_path):
            wait_for(lambda: all_locked(browser), 120, "what the killed worker was thinking about is not asked again")
            assert browser.guess(1, 2).raise_for_status().json()["phase"] == "reveal"
            browser.next()
            wait_for(lambda: all_locked(browser), 120, "the second round is not answered")
            browser.guess(1, 2).raise_for_status()
            assert browser.next()["phase"] == "over"
        rows = [json.loads(line) for line in manage(env, "export_rounds", "--format", "ndjson").splitlines()]
    assert sorted((row["round"], row["opponent"]) for row in rows) == [
        (number, opponent) for number in (1, 2) for opponent in ("", "planet", "slow")
    ]
    assert not any(row["missing"] for row in rows)


def test_a_worker_that_is_stopped_ends_its_batch_and_begins_no_other(tmp_path: Path, redis_url: str) -> None:
    """Ben's game waits behind Ana's batch when the worker is told to stop: hers is stored, his is left to the next."""
    env = installed(tmp_path, REDIS_URL=redis_url.replace("/0", "/4"), **slow_opponent.install(tmp_path))
    thinks, go = tmp_path / "thinks", tmp_path / "go"
    with web(env, tmp_path, "--no-worker") as address:
        ana, ben = Browser(address), Browser(address)
        with thinking_worker(env, tmp_path, ana) as process:
            ben.start("six", 6)  # waits with more rounds than Ana has seen
            process.send_signal(signal.SIGTERM)
            wait_for(
                lambda: b"Warm shutdown" in (tmp_path / "worker.log").read_bytes(), 120, "the worker hears nothing"
            )
            go.touch()
            assert process.wait(PATIENCE_S) == 0  # 1 where it took longer than it may
        assert all_locked(ana)
        stored = "from geogame.models import Prediction as P; print(P.objects.filter(opponent='slow').count())"
        assert manage(env, "shell", "-v", "0", "-c", stored).strip() == "2"
        thinks.unlink()
        with worker(env, tmp_path):
            wait_for(lambda: all_locked(ben), 120, "nobody answers what the stopped worker left")


def test_a_stop_takes_a_bounded_time_whatever_a_machine_is_thinking_about(tmp_path: Path, redis_url: str) -> None:
    env = installed(tmp_path, REDIS_URL=redis_url.replace("/0", "/5"), **slow_opponent.install(tmp_path))
    with web(env, tmp_path, "--no-worker") as address:
        browser = Browser(address)
        with thinking_worker(env, tmp_path, browser) as process:
            process.send_signal(signal.SIGTERM)
            assert process.wait(STOP_WITHIN_S + 30) == 1
            wait_for(lambda: is_gone(process.pid), 120, "its clock lives on")
        assert not all_locked(browser)
        (tmp_path / "go").touch()
        with worker(env, tmp_path):
            wait_for(lambda: all_locked(browser), 120, "the batch that was left is not asked again")


def is_gone(group: int) -> bool:
    """Tell whether no process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@contextmanager
def thinking_worker(env: dict[str, str], folder: Path, browser: Browser) -> Iterator[Process]:
    """Run a worker whose slow machine thinks about the first two rounds of a game that the browser has begun."""
    thinks, go = folder / "thinks", folder / "go"
    go.touch()
    with worker(env, folder) as process:
        wait_for(lambda: browser.http.get("/readyz").status_code == 200, 240, "no worker answers")
        for file in (go, thinks):  # the worker has tried both machines, to be warm
            file.unlink()
        browser.start("six", 2)
        wait_for(thinks.exists, 120, "the slow machine is not asked")
        yield process


def test_the_one_process_set_up_stops_in_a_bounded_time_and_loses_nothing(tmp_path: Path) -> None:
    env = installed(tmp_path, **slow_opponent.install(tmp_path))
    thinks, go = tmp_path / "thinks", tmp_path / "go"
    go.touch()
    began = 0.0
    with web(env, tmp_path) as address:
        browser = Browser(address)
        wait_for(lambda: browser.http.get("/readyz").status_code == 200, 240, "the worker is not up")
        for file in (go, thinks):
            file.unlink()
        browser.start("six", 2)
        wait_for(thinks.exists, 120, "the slow machine is not asked")
        began = time.monotonic()
    assert time.monotonic() - began < STOP_WITHIN_S + 20
    assert "is ready on" in (tmp_path / "web.log").read_text(), "what is logged reaches nobody"
    count = "from geogame.models import Prediction as P; print(*P.objects.values_list('opponent', flat=True))"
    assert manage(env, "shell", "-v", "0", "-c", count).split() == ["planet", "planet"]


def all_locked(browser: Browser) -> bool:
    return {each["state"] for each in browser.state()["players"] if each["kind"] == "machine"} == {"locked"}


def test_pages_answer_while_redis_is_down_and_the_machine_plays_on_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    env = installed(tmp_path, REDIS_URL=f"redis://127.0.0.1:{port}/0")
    with web(env, tmp_path, "--no-worker") as address, worker(env, tmp_path):
        browser = Browser(address)
        browser.start("six", 2)  # neither the nudge nor the news goes anywhere
        assert browser.machine_state() == "thinking"
        browser.guess(1, 2).raise_for_status()
        wait_for(lambda: browser.bell()["phase"] == "reveal", 120, "the round waits for ever")
        with redis_server(tmp_path, port):
            browser.next()
            wait_for(lambda: locked(browser), 120, "nobody plays on")
            assert browser.guess(1, 2).raise_for_status().json()["phase"] == "reveal"


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_of_many_who_use_the_first_admins_link_at_once_one_becomes_admin(database: str, tmp_path: Path) -> None:
    with postgres_server(tmp_path) if database == "postgres" else nothing() as url:
        env = installed(tmp_path, **({"DATABASE_URL": url} if url else {}))
        with web(env, tmp_path) as address:
            link = manage(env, "shell", "-v", "0", "-c", "from geogame.views import setup; print(setup.link())").strip()
            browsers = [httpx.Client(base_url=address, timeout=60) for _ in range(6)]
            for browser in browsers:
                browser.get(link).raise_for_status()

            def claim(number: int) -> int:
                form = {"username": f"admin{number}", "password1": "a long secret 9", "password2": "a long secret 9"}
                token = browsers[number].cookies["csrftoken"]
                return browsers[number].post(link, data=form, headers={"X-CSRFToken": token}).status_code

            with ThreadPoolExecutor(len(browsers)) as crowd:
                answers = sorted(crowd.map(claim, range(len(browsers))))
        count = "from django.contrib.auth.models import User; print(User.objects.count())"
        assert manage(env, "shell", "-v", "0", "-c", count).strip() == "1"
    assert answers == [302, 404, 404, 404, 404, 404]


def test_two_web_servers_may_start_at_the_same_moment(tmp_path: Path, redis_url: str) -> None:
    """They share a checkout and a database: both migrate it, collect the static files and load the starter photos."""
    env = environment(tmp_path, REDIS_URL=redis_url.replace("/0", "/3"))
    with ExitStack() as both, ThreadPoolExecutor(2) as starters:
        started = [starters.submit(both.enter_context, web(env, tmp_path, "--no-worker")) for _ in range(2)]
        for address in (each.result() for each in started):
            assert httpx.get(address, timeout=60).status_code == 200
        count = "from geogame.models import Photo; print(Photo.objects.count())"
        assert manage(env, "shell", "-v", "0", "-c", count).strip() == "339"
