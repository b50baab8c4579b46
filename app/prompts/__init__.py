"""What a language model is asked, one module a prompt: its instruction, its renderer, and the Struct that an answer must fit.

Nothing here talks to a model, and nothing here is believed of an answer but its shape: what an answer may change is
decided where it is read (app.extraction).
"""
