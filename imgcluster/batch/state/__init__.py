"""What is known of a folder of outputs: what earlier runs made there, and who is writing into it now."""

from imgcluster.batch.state._journal import is_journal
from imgcluster.batch.state._lease import FolderLease
from imgcluster.batch.state._lock import FolderLock, lock_folder
from imgcluster.batch.state._state import Record, State

__all__ = ["FolderLease", "FolderLock", "Record", "State", "is_journal", "lock_folder"]
