// Marks a request to forget as running and counts the attempt. Returns one row: requestJson STRING, receiptJson STRING
// or null (set once the deletion committed), sequence, number INTEGER, keys LIST OF STRING. $memoryId, $operationId
// STRING.
CYPHER 25
//> fragments/start_operation
RETURN operation.requestJson AS requestJson, operation.sequence AS sequence, operation.number AS number,
       operation.receiptJson AS receiptJson, coalesce(operation.forgottenKeys, []) AS keys
