"""Questions answered from the graph."""
