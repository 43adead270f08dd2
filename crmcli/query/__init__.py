"""The query language: parser, evaluation on records, explanation in words. No SQL."""
