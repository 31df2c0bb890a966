"""What errors of the system and the installation are called, in one line."""

from __future__ import annotations

import errno
import importlib
import os
from pathlib import Path

import pytest

from imgcluster.files import write_error
from imgcluster.picture import read_image
from imgcluster.wording import fault_text, is_of_loading, system_text


def test_errors_of_the_system() -> None:
    assert system_text(OSError(errno.ENOSPC, "No space left on device")) == "no space left on the device"
    assert system_text(OSError(errno.EIO, os.strerror(errno.EIO))) == "Input/output error"
    assert system_text(ValueError("embedded null\n byte")) == "embedded null byte"
    assert system_text(ValueError()) == "ValueError"
    assert fault_text(OSError(errno.EMFILE, "Too many open files", "a\n.png")) == (
        "a\\n.png: too many open files in this process"
    )
    assert fault_text(RuntimeError("can't start new thread")).startswith("no more threads can be started; use fewer")
    assert "memory" in fault_text(SystemError("error return without exception set"))
    assert fault_text(RuntimeError("something else")) == ""


def test_libraries_that_cannot_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "unreadable_library.py").symlink_to("/proc/self/mem")  # reading it is an Input/output error
    with pytest.raises(OSError, match="Input/output") as caught:
        importlib.import_module("unreadable_library")
    assert is_of_loading(caught.value)
    text = fault_text(caught.value)
    assert text.startswith("cannot load a library of this installation: Input/output error")
    assert "; check the disk" in text
    assert text in str(write_error("a.png", caught.value))

    long = ImportError("IMPORTANT: PLEASE READ THIS\n\nand report it")
    long.__cause__ = ImportError("multiarray.so: cannot map it")
    assert "installation: multiarray.so: cannot map it;" in fault_text(long)
    assert fault_text(ImportError("it needs x; pip install x")) == "it needs x; pip install x"


def test_a_decoder_that_meets_a_broken_device_does_not_blame_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import _pictures
    from PIL import ImageFile

    from imgcluster import write_image
    from imgcluster.errors import ImgclusterError

    write_image(_pictures.coffee()[::20, ::20], tmp_path / "a.png")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(ImgclusterError, match=r"a\.png: Input/output error; check the device"):
        read_image(tmp_path / "a.png")
