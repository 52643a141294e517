"""Keeps what happened, so that nothing is lost or paid twice."""
