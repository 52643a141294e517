"""Keeps what happened, so that nothing is lost or paid twice."""

from stretto.journal.memory import MemoryJournal
from stretto.journal.opening import data_folder, open_journal

__all__ = ["MemoryJournal", "data_folder", "open_journal"]
