"""The OpenAPI document: what Litestar reads off the handlers, completed by errors, security, field texts and examples."""
