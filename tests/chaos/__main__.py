"""./scripts/chaos [--kills 54] [--messages 1040] [--seed 7]"""

import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.chaos.disturbances import DISTURBANCES, MODEL_DISTURBANCES, disturb
from tests.chaos.run import Plan, Report, chaos

_console = Console()
_DISK_MIB = 1536
_MODEL_MESSAGES = 144


@click.command(
    help="Kill the service and Neo4j between all steps and at random, disturb the database, the clock and the model; count "
    "what is lost, doubled or left over."
)
@click.option("--kills", default=54, show_default=True, help="Of the service.")
@click.option("--neo4j-kills", default=4, show_default=True, help="Of Neo4j.")
@click.option("--messages", default=1040, show_default=True, help="Acknowledged messages.")
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same run.")
@click.option("--only", type=click.Choice(["database", "model"]), help="One half of the suite.")
def main(kills: int, neo4j_kills: int, messages: int, seed: int, only: str | None) -> None:
    database = Plan(
        messages=messages,
        memories=4,
        kills=kills,
        neo4j_kills=neo4j_kills,
        disturbances=DISTURBANCES,
        disk_mib=_DISK_MIB,
        seed=seed,
    )
    model = Plan(messages=_MODEL_MESSAGES, memories=4, disturbances=MODEL_DISTURBANCES, with_model=True, seed=seed)
    plans = {"database": database, "model": model}
    reports = [_run(name, plan) for name, plan in plans.items() if only in (None, name)]
    sys.exit(not all(report.sound for report in reports))


def _run(name: str, plan: Plan) -> Report:
    with tempfile.TemporaryDirectory() as folder, Progress(console=_console) as progress:
        task = progress.add_task(name, total=plan.messages)

        def show(what: str, acknowledged: int) -> None:
            progress.update(task, completed=acknowledged, description=f"{name}: {what}")

        report = chaos(Path(folder) / "data", plan, disturb, show)
    table = Table(name, "number")
    table.add_row("acknowledged messages", str(report.acknowledged))
    table.add_row("kills", str(report.kills.total()))
    for point, number in sorted(report.kills.items()):
        table.add_row(f"  {point}", str(number))
    for disturbance, outcome in report.disturbances.items():
        table.add_row(disturbance, outcome)
    table.add_row("lost", str(report.lost))
    table.add_row("doubled", str(report.doubled))
    for what, number in report.left.items():
        table.add_row(what, str(number))
    for difference in report.differences:
        table.add_row("differs from the undisturbed run", difference)
    table.add_row("seconds", f"{report.seconds:.0f}")
    _console.print(table)
    return report


if __name__ == "__main__":
    main()
