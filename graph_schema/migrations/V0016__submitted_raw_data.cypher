// The property of raw data that came with a typed fact gets the name that the rest of the program has for it.
MATCH (raw:RawData)
WHERE raw.handedOver IS NOT NULL
CALL (raw) {
  SET raw.submitted = raw.handedOver
  REMOVE raw.handedOver
} IN TRANSACTIONS OF 1000 ROWS;
