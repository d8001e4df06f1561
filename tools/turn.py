"""One build at a time in a folder; what a process held that has died, nobody holds."""

from pathlib import Path

from filelock import FileLock, Timeout


def take(folder: Path) -> FileLock:
    """Take the lock of a folder of builds, after the build that has it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print("Another build of this book is running; this one waits for it.")
        lock.acquire()
    return lock
