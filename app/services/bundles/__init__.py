"""Import and export of memory bundles."""
