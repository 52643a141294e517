"""Reads rows from CSV, JSON lines, XLSX and Parquet."""
