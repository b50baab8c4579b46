// Slots as facts are read now: a boss and a CEO, a home and a hometown were one slot each, and days were words, not ISO dates. A
// fact that an earlier version read this way fills no slot, so that no fact read now closes it falsely.
MATCH (fact:Fact)
WHERE fact.invalidAt IS NULL AND fact.slotValue IS NOT NULL
  AND (
    fact.slot ENDS WITH '|leader' OR fact.slot CONTAINS '|leader|'
    OR ((fact.slot ENDS WITH '|date' OR fact.slot CONTAINS '|date|') AND NOT fact.slotValue =~ '\\d{4}-\\d{2}(-\\d{2})?')
    OR (fact.slot ENDS WITH '|home' AND fact.predicate STARTS WITH 'is')
  )
CALL (fact) {
  SET fact.slot = null, fact.slotValue = null
} IN TRANSACTIONS OF 1000 ROWS;
