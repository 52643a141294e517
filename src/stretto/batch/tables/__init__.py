"""Tables in and out: rows read from CSV, JSON lines, XLSX and Parquet, results written out."""

from stretto.batch.tables.column_mapping import ColumnMap, map_columns
from stretto.batch.tables.row_identity import cell_key, work_key
from stretto.batch.tables.row_results import ResultStore, RowResult, Variant
from stretto.batch.tables.table import Table, open_table
from stretto.batch.tables.table_rows import Row, Survey, open_rows, survey
from stretto.batch.tables.writers.layout import Form
from stretto.batch.tables.writers.output import ENDINGS, Output, check_output, open_output, write_output
from stretto.batch.tables.writers.report import RowSummary, write_batch_report

__all__ = [
    "ENDINGS",
    "ColumnMap",
    "Form",
    "Output",
    "ResultStore",
    "Row",
    "RowResult",
    "RowSummary",
    "Survey",
    "Table",
    "Variant",
    "cell_key",
    "check_output",
    "map_columns",
    "open_output",
    "open_rows",
    "open_table",
    "survey",
    "work_key",
    "write_batch_report",
    "write_output",
]
