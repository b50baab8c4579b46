// True if `raw` passes the times and metadata clauses of $filter (see fact_filter); categories apply only to facts.
($filter.asOf IS NULL OR raw.occurredAt <= $filter.asOf)
AND (
  $filter.from IS NULL
  OR $filter.from <= CASE $filter.field
    WHEN 'createdAt' THEN raw.createdAt
    ELSE coalesce(raw.endedAt, raw.occurredAt)
  END
)
AND (
  $filter.to IS NULL
  OR $filter.to >= CASE $filter.field
    WHEN 'createdAt' THEN raw.createdAt
    ELSE raw.occurredAt
  END
)
AND all(clause IN $filter.clauses WHERE any(c IN clause WHERE c.negated <> any(t IN raw.metadataTerms WHERE
  t IN c.exact OR (t STARTS WITH c.prefix AND substring(t, size(c.prefix)) CONTAINS c.text))))
