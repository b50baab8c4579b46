// True if `fact` passes $filter MAP: asOf DATETIME or null (known and valid then; null: status decides); status STRING
// (active, expired, all); categories, kinds, tags LISTS or null; kindOf MAP (category to kind); near LIST OF FLOAT or
// null with similarity FLOAT (cosine); field STRING (the compared time) with from, to DATETIME or null; clauses LIST of
// LISTS of conditions (all clauses must hold, each by at least one condition). A condition holds if one of
// metadataTerms is in `exact`, or starts with `prefix` and contains `text` after it; `negated` inverts it.
CASE
  WHEN $filter.asOf IS NULL THEN $filter.status = 'all' OR (fact.invalidAt IS NULL) = ($filter.status = 'active')
  ELSE coalesce(fact.firstObservedAt, fact.observedAt) <= $filter.asOf
    AND (fact.invalidAt IS NULL OR fact.invalidAt > $filter.asOf)
END
AND ($filter.categories IS NULL OR fact.category IN $filter.categories)
AND ($filter.kinds IS NULL OR coalesce(fact.kind, $filter.kindOf[fact.category]) IN $filter.kinds)
AND ($filter.tags IS NULL OR any(tag IN coalesce(fact.tags, []) WHERE tag IN $filter.tags))
AND (
  $filter.near IS NULL
  OR (
    fact.embedding IS NOT NULL
    AND 2 * vector.similarity.cosine(fact.embedding, $filter.near) - 1 >= $filter.similarity
  )
)
AND (
  $filter.from IS NULL
  OR $filter.from <= CASE $filter.field
    WHEN 'createdAt' THEN fact.createdAt
    WHEN 'observedAt' THEN fact.observedAt
    ELSE fact.eventEnd
  END
)
AND (
  $filter.to IS NULL
  OR $filter.to >= CASE $filter.field
    WHEN 'createdAt' THEN fact.createdAt
    WHEN 'observedAt' THEN fact.observedAt
    ELSE fact.eventStart
  END
)
AND all(clause IN $filter.clauses WHERE any(c IN clause WHERE c.negated <> any(t IN fact.metadataTerms WHERE
  t IN c.exact OR (t STARTS WITH c.prefix AND substring(t, size(c.prefix)) CONTAINS c.text))))
