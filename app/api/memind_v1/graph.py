"""The graph's schema in words: an extension of /open/v1."""

from litestar import Controller, get
from msgspec import Struct

from graph_schema import description


class GraphSchema(Struct, kw_only=True):
    text: str


class SuccessResultGraphSchema(Struct, kw_only=True):
    data: GraphSchema


class GraphController(Controller):
    path = "/open/v1/graph"
    tags = ("service",)

    @get("/schema", operation_id="graphSchema", summary="Graph Schema")
    async def graph_schema(self) -> SuccessResultGraphSchema:
        """Labels, properties and relationships as text, for language models and libraries that write Cypher."""
        return SuccessResultGraphSchema(data=GraphSchema(text=description.text()))
