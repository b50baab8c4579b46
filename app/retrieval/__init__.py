"""Pure functions of retrieval: fusion, hops, ranking, paths, trace."""
