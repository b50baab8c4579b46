// Returns one row per kind and status over the whole database, for metrics: kind, status, number, calls, tokensIn,
// tokensOut, unquoted, unsure, injected, malformed (dropped facts of a model's answers, by reason).
CYPHER 25
MATCH (operation:Operation)
RETURN operation.kind AS kind, operation.status AS status, count(*) AS number,
       sum(coalesce(operation.modelCalls, 0)) AS calls,
       sum(coalesce(operation.tokensIn, 0)) AS tokensIn, sum(coalesce(operation.tokensOut, 0)) AS tokensOut,
       sum(coalesce(operation.droppedUnquoted, 0)) AS unquoted, sum(coalesce(operation.droppedUnsure, 0)) AS unsure,
       sum(coalesce(operation.droppedInjected, 0)) AS injected, sum(coalesce(operation.droppedMalformed,
           0)) AS malformed
