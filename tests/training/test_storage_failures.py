"""A save that fails leaves the old file whole, and nothing beside it."""

import io
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from rnnlib.training.storage import load, save
from tests.networks import small_model
from tests.training.test_storage import assert_same


def full_disk(file, **arrays):
    file.write(b"half of it")
    raise OSError(28, "No space left on device")


def interrupted(file, **arrays):
    file.write(b"half of it")
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("where", "fails", "error"),
    [
        ((np, "savez"), full_disk, OSError),
        ((np, "savez"), interrupted, KeyboardInterrupt),
        ((os, "fsync"), lambda descriptor: full_disk(io.BytesIO()), OSError),
        ((os, "replace"), lambda a, b: interrupted(io.BytesIO()), KeyboardInterrupt),
        ((os, "urandom"), lambda n: full_disk(io.BytesIO()), OSError),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_a_failed_save_leaves_what_was_there(where, fails, error, there, tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    if there:
        save(path, small_model())
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with monkeypatch.context() as broken:
        broken.setattr(*where, fails)
        with pytest.raises(error):
            save(path, small_model("lstm"))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


TOO_LARGE = """
import resource, signal, sys
import numpy as np
from rnnlib import Readout
from rnnlib.training.storage import save
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
save(sys.argv[1], Readout(np.ones((100, 100)), np.ones(100)))
"""
KILLED = """
import os, signal, sys
import numpy as np
from rnnlib import Readout
from rnnlib.training.storage import save
np.savez = lambda file, **arrays: (file.write(b"half"), os.kill(os.getpid(), signal.SIGKILL))
save(sys.argv[1], Readout(np.ones((1, 1)), np.ones(1)))
"""


@pytest.mark.parametrize(("code", "says"), [(TOO_LARGE, "File too large"), (KILLED, "")])
def test_a_full_disk_and_a_killed_process_leave_the_old_file(code, says, tmp_path):
    pytest.importorskip("resource")
    path = tmp_path / "model.npz"
    save(path, small_model())
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.returncode and says in done.stderr
    assert_same(load(path), small_model())


def test_a_folder_that_cannot_be_written_to(tmp_path):
    """Root may write to a read-only one, so these cannot be written to by anybody."""
    path = tmp_path / "model.npz"
    save(path, small_model())
    with pytest.raises(OSError):
        save(tmp_path / "no such folder" / "model.npz", small_model())
    with pytest.raises(OSError):
        save(path / "below a file.npz", small_model())
    with pytest.raises(OSError):
        save(tmp_path, small_model())
    assert_same(load(path), small_model())
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]


def test_links_are_followed_and_rights_are_kept(tmp_path):
    path, link = tmp_path / "model.npz", tmp_path / "latest.npz"
    save(path, small_model())
    path.chmod(0o640)
    link.symlink_to(path)
    save(link, small_model("lstm"))
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640
    assert_same(load(path), small_model("lstm"))


def test_what_is_no_file_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        save(pipe, small_model())
        written, _ = reader.communicate()
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (tmp_path / "copy.npz").write_bytes(written)
    assert_same(load(tmp_path / "copy.npz"), small_model())
