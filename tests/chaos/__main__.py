"""./scripts/chaos [--kills 54] [--messages 1040] [--seed 7]"""

import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.chaos.run import Plan, chaos

_console = Console()


@click.command(
    help="Kill the service and Neo4j between all steps and at random; count what is lost, doubled or left over."
)
@click.option("--kills", default=54, show_default=True, help="Of the service.")
@click.option("--neo4j-kills", default=4, show_default=True, help="Of Neo4j.")
@click.option("--messages", default=1040, show_default=True, help="Acknowledged messages.")
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same run.")
def main(kills: int, neo4j_kills: int, messages: int, seed: int) -> None:
    plan = Plan(messages=messages, memories=4, kills=kills, neo4j_kills=neo4j_kills, seed=seed)
    with tempfile.TemporaryDirectory() as folder, Progress(console=_console) as progress:
        task = progress.add_task("kills", total=kills)

        def show(killed: int, acknowledged: int) -> None:
            progress.update(task, completed=killed, description=f"kills ({acknowledged} messages acknowledged)")

        report = chaos(Path(folder) / "data", plan, show)
    table = Table("what", "number")
    table.add_row("acknowledged messages", str(report.acknowledged))
    table.add_row("kills", str(report.kills.total()))
    for name, number in sorted(report.kills.items()):
        table.add_row(f"  {name}", str(number))
    table.add_row("lost", str(report.lost))
    table.add_row("doubled", str(report.doubled))
    for name, number in report.left.items():
        table.add_row(name, str(number))
    for difference in report.differences:
        table.add_row("differs from the undisturbed run", difference)
    table.add_row("seconds", f"{report.seconds:.0f}")
    _console.print(table)
    sys.exit(not report.sound)


if __name__ == "__main__":
    main()
