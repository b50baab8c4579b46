"""Prompts, one module each: instruction, renderer, and the Struct that an answer must fit.

Nothing here talks to a model. Of an answer only its shape is checked here; app.extraction decides what it may change.
"""
