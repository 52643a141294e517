"""Keeps what happened, so that nothing is lost or paid twice."""

from stretto.journal.memory import MemoryJournal

__all__ = ["MemoryJournal"]
