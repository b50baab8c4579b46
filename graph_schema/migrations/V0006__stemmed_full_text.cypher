// English words are found in all their forms: "painting" and "painted" are the same word to the english analyzer. It cuts
// Chinese and Japanese into single characters, of which queries ask for pairs side by side. Names keep their form.
DROP INDEX fact_text IF EXISTS;

DROP INDEX raw_data_text IF EXISTS;

CREATE FULLTEXT INDEX fact_text IF NOT EXISTS
FOR (n:Fact) ON EACH [n.memoryToken, n.text]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}};

CREATE FULLTEXT INDEX raw_data_text IF NOT EXISTS
FOR (n:RawData) ON EACH [n.memoryToken, n.searchText]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}};
