"""Pure rules that read facts out of text: sentences, speakers, entities, dates, relations."""
