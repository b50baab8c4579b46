// Thai, Lao, Burmese and Khmer have no spaces between words, and no analyzer here cuts them into words. Pairs of their characters
// are indexed beside the text; nodes with other scripts have none.
DROP INDEX fact_text IF EXISTS;

DROP INDEX raw_data_text IF EXISTS;

DROP INDEX entity_name IF EXISTS;

CREATE FULLTEXT INDEX fact_text IF NOT EXISTS
FOR (n:Fact) ON EACH [n.memoryToken, n.searchText, n.characterPairs]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}};

CREATE FULLTEXT INDEX raw_data_text IF NOT EXISTS
FOR (n:RawData) ON EACH [n.memoryToken, n.searchText, n.characterPairs]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}};

CREATE FULLTEXT INDEX entity_name IF NOT EXISTS
FOR (n:Entity) ON EACH [n.memoryToken, n.name, n.characterPairs]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}};
