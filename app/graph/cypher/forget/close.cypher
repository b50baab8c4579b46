// Removes the request, receipt and entity keys from a finished operation: they contain names. $memoryId, $operationId
// STRING.
CYPHER 25
MATCH (forget:Operation {id: $operationId, memoryId: $memoryId})
SET forget.requestJson = null,
    forget.receiptJson = null,
    forget.forgottenKeys = null
RETURN forget.id AS operationId
