// Returns those of these facts that have an invalidAt: contentHash, invalidAt. $memoryId STRING; $hashes LIST OF
// STRING.
CYPHER 25
UNWIND $hashes AS hash
MATCH (fact:Fact {memoryId: $memoryId, contentHash: hash})
WHERE fact.invalidAt IS NOT NULL
RETURN fact.contentHash AS contentHash, fact.invalidAt AS invalidAt
