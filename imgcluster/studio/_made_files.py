"""Files made as the command line makes them: by the same task, in a folder that is removed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from imgcluster.errors import ImageWriteError
from imgcluster.files import NamedBytes, shown
from imgcluster.studio._messages import Reply
from imgcluster.studio._session import OpenPicture, Session
from imgcluster.tasks import Content, FileResult, Task, do_file
from imgcluster.threads import check_threads


class Made(NamedTuple):
    """The files that a task wrote, by kind, and what became of the picture."""

    files: dict[str, bytes]
    result: FileResult

    def file(self, kind: str) -> NamedBytes:
        """Return a file for reading."""
        return NamedBytes(self.files[kind], kind)


def made_in(session: Session, picture: OpenPicture, task: Task, names: Mapping[str, str]) -> Made:
    """Apply a task to a picture."""
    data = picture.content.getbuffer()
    content = Content(shown(picture.name), picture.source(), len(data), 0, hashlib.sha256(data).hexdigest())
    with tempfile.TemporaryDirectory(prefix="imgcluster-studio-") as folder:
        outputs = {kind: str(Path(folder, name)) for kind, name in names.items()}
        try:
            result = do_file(task, content, outputs, check_threads(session.n_threads))
        except ImageWriteError as error:  # of a file whose folder means nothing to the user
            raise ImageWriteError(Path(error.name).name, error.problem, error.way_out) from None
        return Made({kind: Path(path).read_bytes() for kind, path in outputs.items()}, result)


def made_file(data: bytes) -> Reply:
    """Return a file for the page, which names it."""
    return Reply(data, "application/octet-stream")
