// Insights down to the messages: what was concluded, from which facts, from which words
MATCH path = (insight:Insight {memoryId: $memory, tier: 'LEAF'})-[:DERIVED_FROM]->(:Fact)-[:EXTRACTED_FROM]->(:RawData)
RETURN path
LIMIT 30
