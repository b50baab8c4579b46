// Returns the facts of a time span, those nearest to its middle first: id, text, seconds (distance from the middle).
// $memoryId STRING; $start, $end, $middle DATETIME; $filter MAP (see fragments/fact_filter); $limit INTEGER; $withText
// BOOLEAN (reading the text takes longer than the search).
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId})
WHERE fact.eventStart < $end AND fact.eventEnd >= $start AND
      //> fragments/fact_filter
WITH fact, abs(duration.inSeconds(fact.eventStart, $middle).seconds) AS seconds
WITH fact.id AS id, CASE WHEN $withText THEN fact.text END AS text, seconds
ORDER BY seconds, id
LIMIT $limit
RETURN collect({id: id, text: text, seconds: seconds}) AS rows
