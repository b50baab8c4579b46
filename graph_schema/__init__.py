"""Labels, relationship types, indexes and migrations: the single definition of Mnemon's graph schema."""
