// Whether `raw` passes the time range and the metadata conditions of $filter (see fact_filter); categories are a fact's.
($filter.asOf IS NULL OR raw.occurredAt <= $filter.asOf)
AND ($filter.from IS NULL OR $filter.from <= CASE $filter.field
    WHEN 'createdAt' THEN raw.createdAt
    ELSE coalesce(raw.endedAt, raw.occurredAt) END)
AND ($filter.to IS NULL OR $filter.to >= CASE $filter.field
    WHEN 'createdAt' THEN raw.createdAt
    ELSE raw.occurredAt END)
AND all(c IN $filter.all WHERE c.negated <> any(t IN raw.metadataTerms WHERE t IN c.exact
      OR (t STARTS WITH c.prefix AND substring(t, size(c.prefix)) CONTAINS c.text)))
AND (size($filter.any) = 0 OR any(c IN $filter.any WHERE c.negated <> any(t IN raw.metadataTerms WHERE t IN c.exact
      OR (t STARTS WITH c.prefix AND substring(t, size(c.prefix)) CONTAINS c.text))))
AND none(c IN $filter.not WHERE c.negated <> any(t IN raw.metadataTerms WHERE t IN c.exact
      OR (t STARTS WITH c.prefix AND substring(t, size(c.prefix)) CONTAINS c.text)))
