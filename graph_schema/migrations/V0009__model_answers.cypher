// Answers of a language model, until what they say is stored.
CREATE CONSTRAINT model_answer IF NOT EXISTS
FOR (n:ModelAnswer) REQUIRE (n.memoryId, n.key) IS UNIQUE;
