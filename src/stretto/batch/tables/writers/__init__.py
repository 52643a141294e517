"""Writes rows with their results as CSV, JSON lines, XLSX, Parquet, and the HTML report."""
