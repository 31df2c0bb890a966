"""Originals that are kept in a folder by URL: there, and known to the next run, as on a disk."""

import io
from pathlib import Path

import pytest
from _pictures import noise
from PIL import Image

from imgcluster import files as storage
from imgcluster.batch import plan_folder, process_folder
from imgcluster.facts import Code

pytest.importorskip("fsspec", reason="needs fsspec: pip install 'imgcluster[cloud]'")


def test_an_original_is_copied_to_a_folder_elsewhere(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(noise(64, 64)).save(stream, "JPEG", quality=5)
    (tmp_path / "coarse.jpg").write_bytes(stream.getvalue())
    storage.upload(str(tmp_path / "coarse.jpg"), "memory://kept/in/coarse.jpg")
    parameters = {"n_colors": 200, "effort": "fast"}
    (result,) = process_folder("memory://kept/in", output_dir="memory://kept/out", parameters=parameters)
    assert (result.status, result.reason and result.reason.code) == ("done", Code.WOULD_GROW)
    assert result.outputs == ("memory://kept/out/coarse-quantized.jpg",)
    assert storage.read_bytes("memory://kept/out/coarse-quantized.jpg") == stream.getvalue()
    (file,) = plan_folder("memory://kept/in", output_dir="memory://kept/out", parameters=parameters).files
    assert (file.action, file.outputs) == ("skip", result.outputs)
