"""Pure decisions of retrieval: fusion, hops, ranking, paths, trace."""
