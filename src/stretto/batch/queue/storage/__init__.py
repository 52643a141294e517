"""The queue's tables in Postgres: schema, connections, the SQL about rows and batches."""
