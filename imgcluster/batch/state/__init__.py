"""What is known about a folder of outputs: what earlier runs made there, and which run is writing into it now."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.batch.state._journal import has_journal, is_journal
    from imgcluster.batch.state._lease import FolderLease
    from imgcluster.batch.state._lock import FolderLock, lock_folder
    from imgcluster.batch.state._state import Record, State

__all__ = ["FolderLease", "FolderLock", "Record", "State", "has_journal", "is_journal", "lock_folder"]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_journal": ("has_journal", "is_journal"),
            "_lease": ("FolderLease",),
            "_lock": ("FolderLock", "lock_folder"),
            "_state": ("Record", "State"),
        },
    )
