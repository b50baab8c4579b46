"""Use cases: the order of I/O, one class and one `__call__` each."""
