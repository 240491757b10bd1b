"""Pictures are read in a child process of bounded memory and time, so that no file can end ours.

The child is this module, run by itself: it gets files through a pipe and gives back what `pictures.develop` makes of
them, or a sentence. It may die, hang or run out of memory; then another takes its place.
"""

import os
import pickle
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import IO, Any

from django.conf import settings

from geogame import blurring
from geogame.pictures import Developed, Unusable
from geogame.rules.refusals import gettext_noop

MEMORY_BYTES = 700_000_000  # beyond what the child has when it is ready; a photo of 24 megapixels takes 200 MB
TIME_S = 60.0  # for one file
FINDER_BYTES = 400_000_000  # besides, for what finds faces
FILES = 500  # read by one child; then another begins, whatever the decoders have forgotten to give back
# Each thread reserves memory that it never uses, which the bound would count.
ONE_THREAD = {"MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# What the child gets of our environment: where Python and its libraries are, and no key, password or database of ours.
GIVEN = (
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV",
    "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT",
)  # fmt: skip
_LENGTH = struct.Struct(">Q")


class Darkroom:
    """Reads files, one at a time; for one thread."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._read = 0

    def __enter__(self) -> "Darkroom":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def develop(self, data: bytes) -> Developed:
        """Return what a file becomes. Raises Unusable: of what it says, and where its reader failed."""
        child = self._ready()
        timer = threading.Timer(TIME_S, child.kill)
        timer.start()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            _put(child.stdin, pickle.dumps((data, settings.MAX_PIXELS, settings.BLUR_FACES)))
            answer = pickle.loads(_got(child.stdout))  # of our own child, through our own pipe
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self.close()
            raise Unusable(gettext_noop("The picture made its reader fail.")) from error
        except BaseException:  # this thread was told to stop: what the child answers later belongs to no other file
            self.close()
            raise
        finally:
            timer.cancel()
        if isinstance(answer, Developed):
            return answer
        sentence, values = answer
        raise Unusable(sentence, **values)

    def close(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            self._child.kill()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe:
                    with suppress(OSError):
                        pipe.close()
            self._child.wait()
        self._child, self._read = None, 0

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None or self._read >= FILES:
            self.close()
            # Not multiprocessing: a Celery worker's own children may have none by it.
            asked = ["blurs"] if settings.BLUR_FACES else []
            self._child = subprocess.Popen(
                [sys.executable, "-m", "geogame.darkroom", *asked], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                cwd=settings.BASE_DIR, env={**_given(), **ONE_THREAD},
            )  # fmt: skip
        self._read += 1
        return self._child


def _given() -> dict[str, str]:
    return {name: os.environ[name] for name in GIVEN if name in os.environ}


def _put(pipe: IO[bytes], what: bytes) -> None:
    pipe.write(_LENGTH.pack(len(what)))
    pipe.write(what)
    pipe.flush()


def _got(pipe: IO[bytes]) -> bytes:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    what = pipe.read(length)
    if len(what) < length:
        raise EOFError
    return what


def _bound_memory(most_bytes: int) -> None:
    import resource  # not on Windows, where the child has no bound

    with open("/proc/self/statm") as status:
        pages = int(status.read().split()[0])
    limit = pages * resource.getpagesize() + most_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _serve(taken: IO[bytes], given: IO[bytes]) -> None:
    import pillow_heif

    from geogame import pictures

    pillow_heif.options.DECODE_THREADS = 1
    while True:
        try:
            data, max_pixels, blurs = pickle.loads(_got(taken))
        except EOFError:
            return  # the parent has gone
        answer: Any
        try:
            answer = pictures.develop(data, max_pixels, blurs)
        except Unusable as refusal:
            answer = (refusal.sentence, refusal.values)
        except MemoryError:
            answer = (gettext_noop("The picture needs more memory than is allowed."), {})
        except Exception:  # whatever else a decoder raises, the file is not to be used
            answer = (gettext_noop("The file is cut short or damaged."), {})
        _put(given, pickle.dumps(answer))


if __name__ == "__main__":
    finder_bytes = 0
    if "blurs" in sys.argv:
        blurring.ready()  # before the bound, which is on what pictures take
        finder_bytes = FINDER_BYTES
    with suppress(ImportError, OSError):
        _bound_memory(MEMORY_BYTES + finder_bytes)
    given = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints must not be taken for an answer
    _serve(sys.stdin.buffer, given)
