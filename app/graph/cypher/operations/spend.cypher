// Adds the cost of a model call to an operation and records the model and prompt. $memoryId, $operationId, $model,
// $prompt STRING; $calls, $tokensIn, $tokensOut INTEGER.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.modelCalls = coalesce(operation.modelCalls, 0) + $calls,
    operation.tokensIn = coalesce(operation.tokensIn, 0) + $tokensIn,
    operation.tokensOut = coalesce(operation.tokensOut, 0) + $tokensOut,
    operation.model = $model,
    operation.prompts = CASE WHEN $prompt IN coalesce(operation.prompts, []) THEN operation.prompts
                             ELSE coalesce(operation.prompts, []) + $prompt END
RETURN operation.modelCalls AS calls
