"""`mnemon reindex`: recompute every vector, for another embedding model."""

import contextlib

from rich.progress import Progress

from app.cli.console import err, out
from app.connections import create_embedder, neo4j_address, open_database
from app.graph import schema
from app.graph.database import Database
from app.graph.lucene import character_pairs
from app.models.ports import Embedder
from app.settings import Settings

_PAGE = 500


async def reindex_all(settings: Settings) -> None:
    """Drop the vector indexes, embed all texts, build the indexes and record the model. If it is broken off, the next call
    goes on; until then, no service starts on these vectors.
    """
    embedder = create_embedder(settings)
    async with contextlib.aclosing(open_database(neo4j_address(settings))) as db:
        await schema.migrate(db, dimension=embedder.dimension)
        after = await _begin(db, embedder)
        total = (await db.read("system/count_embedded", after=after))[0]["number"]
        with Progress(console=err) as progress:
            task = progress.add_task("Embedding", total=total)
            while rows := await db.read("system/texts_to_embed", after=after, limit=_PAGE):
                vectors = await embedder.embed([row["text"] for row in rows])
                after = rows[-1]["element"]
                await db.write(
                    "system/embed_elements",
                    rows=[
                        {
                            "element": row["element"],
                            "embedding": vector,
                            "characterPairs": character_pairs(row["text"]),
                        }
                        for row, vector in zip(rows, vectors.tolist(), strict=True)
                    ],
                    model=embedder.model,
                    after=after,
                )
                progress.advance(task, len(rows))
        await schema.create_vector_indexes(db, dimension=embedder.dimension)
        await db.write("system/record_embedding", model=embedder.model, dimension=embedder.dimension)
        await db.write("system/end_reindex")
        await schema.wait_until_online(db)
    await embedder.close()
    out.print(f"embedded {total} texts with {embedder.model}")


async def _begin(db: Database, embedder: Embedder) -> str:
    """Return the element id after which to go on, or an empty string."""
    broken_off = await db.read("system/reindex_progress")
    if broken_off and broken_off[0]["model"] == embedder.model:
        err.print("Going on where the last reindex was broken off")
        return broken_off[0]["after"]
    unfinished = f"an unfinished reindex to {embedder.model}"
    await db.write("system/record_embedding", model=unfinished, dimension=embedder.dimension)
    await db.write("system/end_reindex")
    await schema.drop_vector_indexes(db)
    return ""
