// Takes away what a request to forget named, once it is done: names are content, too. $memoryId, $operationId STRING.
CYPHER 25
MATCH (forget:Operation {id: $operationId, memoryId: $memoryId})
SET forget.requestJson = null,
    forget.receiptJson = null,
    forget.forgottenKeys = null
RETURN forget.id AS operationId
