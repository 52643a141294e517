"""The journal in a database: SQLite on one machine, Postgres on many, the same tables and statements."""
