// memoryToken is the memory's id as one word: a Lucene query names it, so that other memories' rows never take a place.
// The cjk analyzer cuts Chinese, Japanese and Korean into pairs of characters and other scripts into words.
CREATE FULLTEXT INDEX fact_text IF NOT EXISTS
FOR (n:Fact) ON EACH [n.memoryToken, n.text]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}};

CREATE FULLTEXT INDEX raw_data_text IF NOT EXISTS
FOR (n:RawData) ON EACH [n.memoryToken, n.searchText]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}};

CREATE FULLTEXT INDEX entity_name IF NOT EXISTS
FOR (n:Entity) ON EACH [n.memoryToken, n.name]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}};
