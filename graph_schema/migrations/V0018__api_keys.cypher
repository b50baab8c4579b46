// API keys: found by the hash of the key at a request, by id to be revoked.
CREATE CONSTRAINT api_key_id IF NOT EXISTS
FOR (n:ApiKey) REQUIRE n.id IS UNIQUE;

CREATE CONSTRAINT api_key_hash IF NOT EXISTS
FOR (n:ApiKey) REQUIRE n.hash IS UNIQUE;
