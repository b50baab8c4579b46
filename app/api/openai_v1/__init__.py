"""OpenAI's chat completions, with the memory's context added on their way to the configured endpoint."""
