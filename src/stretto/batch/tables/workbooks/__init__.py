"""Reads a sheet of an XLSX workbook: its parts, merged cells, number formats."""
