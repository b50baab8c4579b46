"""Answers of the service as lines, tables and trees."""

from collections.abc import Sequence
from typing import Any

from app.cli.console import out


def show_items(items: Sequence[dict[str, Any]]) -> None:
    for item in items:
        out.print(f"{item['finalScore']:.2f}  {item['text']}", style="bold", markup=False)
        said = f"{item['speaker']}, " if item.get("speaker") else ""
        quote = f": “{item['provenance'][0]['quote']}”" if item["provenance"] else ""
        out.print(f"      {item['id']}  {said}{item['observedAt'][:10]}{quote}", style="dim", markup=False)
        if item.get("pathText"):
            out.print(f"      {item['pathText']}", style="cyan", markup=False)


def show_walk(trace: dict[str, Any]) -> None:
    """Draw the hops as a tree: what each led to, by which edge, with its weight."""
    from rich.text import Text  # noqa: PLC0415 - help is answered without it
    from rich.tree import Tree  # noqa: PLC0415

    stages = trace["stages"]
    tree = Tree(Text("the walk", style="bold"))
    seeds = tree.add(Text("seeds"))
    for stage in stages:
        if stage["attributes"].get("hop") is None and stage["stage"] == "tier" and stage["tier"] == "item":
            branch = seeds.add(
                Text(f"{stage['method']}: {stage['candidateCount']} found, {stage['durationMillis']} ms")
            )
            for candidate in stage["candidates"][:3]:
                branch.add(Text(f"{candidate['finalScore']:.2f}  {candidate['textPreview']}"))
    for stage in stages:
        if (hop := stage["attributes"].get("hop")) is None:
            continue
        figures = f"{stage['candidateCount']} found, {stage['resultCount']} kept, {stage['durationMillis']} ms"
        branch = tree.add(Text(f"hop {hop}: {figures}"))
        for candidate in stage["candidates"]:
            edge = candidate.get("relationship", "").removeprefix("MENTIONS ")
            branch.add(Text(f"{candidate.get('weight', 0):.2f}  {candidate['textPreview']}  ← {edge}"))
    out.print(tree)


def show_receipt(title: str, receipt: dict[str, Any]) -> None:
    counts = {**receipt.get("nodes", {}), **receipt.get("relationships", {})}
    out.print(f"{title}: " + (", ".join(f"{n} {name}" for name, n in counts.items()) or "nothing"), markup=False)
