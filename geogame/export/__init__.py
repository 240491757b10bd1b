"""Rows of the record for whoever analyses it: read piece by piece, written as CSV, NDJSON or Parquet."""
