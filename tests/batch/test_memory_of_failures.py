"""A file that fails keeps no memory for the next one."""

import gc
import weakref
from types import SimpleNamespace
from typing import Any

from imgcluster.tasks._job import _attempt


class Held:
    """What stands for a picture; its error refers to it, and it to its error."""

    error: Exception | None = None


def test_what_a_failed_file_held_is_freed_at_once() -> None:
    held = list[weakref.ref[Held]]()

    def run(task: Any, job: Any) -> Any:
        picture = Held()
        held.append(weakref.ref(picture))
        picture.error = ValueError("it is damaged")
        raise picture.error

    gc.disable()
    try:
        job: Any = SimpleNamespace(source="a.png", index=0)
        outcome = _attempt(run, None, job)  # type: ignore[arg-type]
        assert held[0]() is None
    finally:
        gc.enable()
    assert outcome.result.status == "failed"
