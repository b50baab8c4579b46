// Facts keep the words that were said; their full-text index is on a text with names for pronouns.
MATCH (fact:Fact)
WHERE fact.searchText IS NULL
CALL (fact) {
  SET fact.searchText = fact.text
} IN TRANSACTIONS OF 1000 ROWS;

DROP INDEX fact_text IF EXISTS;

CREATE FULLTEXT INDEX fact_text IF NOT EXISTS
FOR (n:Fact) ON EACH [n.memoryToken, n.searchText]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}};
