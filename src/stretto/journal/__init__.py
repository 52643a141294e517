"""The journal: records runs in memory, SQLite or Postgres, so that nothing is lost or paid twice."""

from stretto.journal.locations import data_folder, open_journal
from stretto.journal.memory import MemoryJournal

__all__ = ["MemoryJournal", "data_folder", "open_journal"]
