// Returns a page of texts to embed, over all memories, by element id: element, text. $after STRING (the last element id
// of the previous page, or empty); $limit INTEGER.
CYPHER 25
MATCH (n:Fact|RawData|Entity|Insight)
WHERE elementId(n) > $after
WITH n
ORDER BY elementId(n)
LIMIT $limit
RETURN collect({element: elementId(n), text: coalesce(n.searchText, n.text, n.name)}) AS rows
