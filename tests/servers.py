"""Servers that tests start for themselves, on 127.0.0.1 and free ports, and end again: Redis, PostgreSQL, the game."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parent.parent
Process = subprocess.Popen[bytes]


def free_port() -> int:
    """Return a port for a server that starts later: none that the system gives to whoever asks for any, or connects."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)  # not `random`: side by side, tests draw the same from that
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(what: Callable[[], object], seconds: float, why: str) -> object:
    """Return the first true value of `what`, asked ten times a second; fail with `why` when it never comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if value := what():
                return value
        except (OSError, httpx.HTTPError):
            pass
        time.sleep(0.1)
    pytest.fail(f"{why} (waited {seconds} s)")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(
    command: list[str], log: Path, env: Mapping[str, str] | None = None, **options: object
) -> Iterator[Process]:
    """Run a process of our own; end it and its children, by their group's id, when the test is done."""
    options |= {"env": dict(env or os.environ), "cwd": ROOT, "start_new_session": True}
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(ProcessLookupError):  # a worker that was killed leaves its clock behind, for a moment
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Run a Redis server, on this port if one is named, and give its URL; skip where there is none."""
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    port = port or free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with running(command, folder / "redis.log"):
        wait_for(lambda: _listens(port), 60, "Redis does not listen")
        yield f"redis://127.0.0.1:{port}/0"


def _takes_connections(url: str) -> bool:
    """Tell whether a database answers. PostgreSQL listens before it has started, and refuses until then."""
    with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5):
        return True
    return False


def _postgres_program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server and give the URL of its database; skip where there is none."""
    initdb, server = _postgres_program("initdb"), _postgres_program("postgres")
    if not initdb or not server:
        pytest.skip("PostgreSQL is not installed")
    options: dict[str, object] = {}
    if os.geteuid() == 0:  # initdb refuses to run as root
        if "postgres" not in {user.pw_name for user in pwd.getpwall()}:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
        user = pwd.getpwnam("postgres")
        options = {"user": user.pw_uid, "group": user.pw_gid}
    data = Path(f"/tmp/beatplanet-pg-{os.getpid()}-{free_port()}")
    data.mkdir(mode=0o700)
    if options:
        os.chown(data, user.pw_uid, user.pw_gid)
    port = free_port()
    try:
        subprocess.run(
            [initdb, "-D", str(data), "-U", "game", "--auth=trust", "-N", "-E", "UTF8", "--locale=C"],
            check=True, capture_output=True, cwd="/tmp", **options,
        )  # type: ignore[call-overload]  # fmt: skip
        command = [server, "-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}", "-c", "fsync=off"]  # fmt: skip  # noqa: E501
        with running(command, folder / "postgres.log", **options):
            url = f"postgres://game@127.0.0.1:{port}/postgres"
            wait_for(lambda: _takes_connections(url), 60, "PostgreSQL does not answer")
            yield url
    finally:
        shutil.rmtree(data, ignore_errors=True)


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of an installation of its own in `folder`."""
    clean = {name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "REDIS_URL"}}
    return {
        **clean,
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "MEDIA_ROOT": str(folder / "photos"),
        "INBOX_ROOT": str(folder / "inbox"),
        "INDEX_ROOT": str(folder / "indexes"),
        "SECRET_KEY": "only for tests, but long enough for them",
        "MACHINE_WAIT_S": "3",
        **settings,
    }


def manage(env: Mapping[str, str], *words: str) -> str:
    """Run a management command of the installation and return what it prints."""
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, env=dict(env), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def web(env: Mapping[str, str], folder: Path, *options: str) -> Iterator[str]:
    """Run the game's server and give its address."""
    port = free_port()
    command = [sys.executable, "manage.py", "play", "--port", str(port), *options]
    with running(command, folder / "web.log", env):
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: httpx.get(f"{address}/healthz").status_code == 200, 240, "the game does not come up")
        yield address


@contextmanager
def worker(env: Mapping[str, str], folder: Path) -> Iterator[Process]:
    """Run a Celery worker with beat as a process of its own."""
    command = [
        sys.executable, "-m", "celery", "-A", "geogame", "worker", "--queues", "gpu,clock,photos,figures",
        "--pool", "threads", "--concurrency", "5", "--beat", "--schedule", str(folder / "beat"),
    ]  # fmt: skip
    with running(command, folder / "worker.log", env) as process:
        yield process


class Browser:
    """A player without a screen: cookies, forms, snapshots and the socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
        self.code = ""

    def _headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.http.cookies.get("csrftoken", ""), "Referer": self.address}

    def start(self, photo_set: str, rounds: int, time_limit_s: int = 0) -> dict:  # type: ignore[type-arg]
        self.http.get("/")
        form = {"photo_set": photo_set, "rounds": rounds, "time_limit": time_limit_s, "name": "Ana"}
        page = self.http.post("/games/", data=form, headers=self._headers())
        assert page.status_code == 200, page.text
        self.code = page.url.path.strip("/").split("/")[-1]
        return self.state()

    def state(self) -> dict:  # type: ignore[type-arg]
        return self.http.get(f"/games/{self.code}/snapshot/").raise_for_status().json()

    def post(self, path: str, **body: object) -> httpx.Response:
        return self.http.post(path, json=body, headers=self._headers())

    def guess(self, lat: float, lng: float, key: str = "k") -> httpx.Response:
        return self.post(f"/rounds/{self.state()['round']['id']}/guess/", lat=lat, lng=lng, key=key)

    def bell(self) -> dict:  # type: ignore[type-arg]
        return self.post(f"/rounds/{self.state()['round']['id']}/bell/").json()

    def next(self) -> dict:  # type: ignore[type-arg]
        return self.post(f"/games/{self.code}/next/").raise_for_status().json()

    def machine_state(self) -> str:
        return next(each["state"] for each in self.state()["players"] if each["kind"] == "machine")

    def socket(self) -> ClientConnection:
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        url = self.address.replace("http://", "ws://") + f"/ws/games/{self.code}/"
        return connect(url, additional_headers={"Cookie": cookies}, origin=self.address)  # type: ignore[arg-type]
