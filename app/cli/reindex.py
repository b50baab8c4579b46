"""`mnemon reindex`: recompute every vector, for another embedding model."""

import contextlib

from rich.progress import Progress

from app.cli.console import err, out
from app.connections import create_embedder, neo4j_address, open_database
from app.graph import schema
from app.settings import Settings

_PAGE = 500


async def reindex_all(settings: Settings) -> None:
    """Drops the vector indexes, embeds all texts, builds the indexes, records the model. Can be repeated."""
    embedder = create_embedder(settings)
    async with contextlib.aclosing(open_database(neo4j_address(settings))) as db:
        await schema.migrate(db, dimension=embedder.dimension)
        await schema.drop_vector_indexes(db)
        total = (await db.read("system/count_embedded"))[0]["number"]
        after = ""
        with Progress(console=err) as progress:
            task = progress.add_task("Embedding", total=total)
            while rows := await db.read("system/texts_to_embed", after=after, limit=_PAGE):
                vectors = await embedder.embed([row["text"] for row in rows])
                pairs = zip(rows, vectors.tolist(), strict=True)
                await db.write(
                    "system/embed_elements",
                    rows=[{"element": row["element"], "embedding": vector} for row, vector in pairs],
                )
                after = rows[-1]["element"]
                progress.advance(task, len(rows))
        await schema.create_vector_indexes(db, dimension=embedder.dimension)
        await db.write("system/record_embedding", model=embedder.model, dimension=embedder.dimension)
        await schema.wait_until_online(db)
    await embedder.close()
    out.print(f"embedded {total} texts with {embedder.model}")
