"""Labels, relationship types, indexes and migrations: the only spelling of Mnemon's graph."""
