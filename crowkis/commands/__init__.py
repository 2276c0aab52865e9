"""The words users can send, declared once in one table, one file per family."""
