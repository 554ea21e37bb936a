"""``wirelint export alerts``: rules for Prometheus with your objectives, and routes for Alertmanager."""

from __future__ import annotations

from pathlib import Path

import click

from wirelint.cli.common import common
from wirelint.cli.exports._files import FOLDER, write
from wirelint.monitoring import alerting_rules, alertmanager_example, recording_rules
from wirelint.monitoring.budgets import LOWEST, OBJECTIVE, budgets
from wirelint.settings.options import option

_HIGHEST = 0.99999


@click.command("alerts", short_help="Write rules for Prometheus and Alertmanager.")
@FOLDER
@option("--docs", default="", metavar="URL", help="Where the repository can be read: runbook links begin with it.")
@option("--grafana", default="", metavar="URL", help="Grafana's address: dashboard links begin with it.")
@option(
    "--objective",
    "percent",
    type=float,
    default=100 * OBJECTIVE,
    show_default=True,
    metavar="PERCENT",
    help="Target share of exchanges without a hidden error, in 30 days.",
)
@option(
    "--objective-of",
    "own",
    multiple=True,
    metavar="SERVICE=PERCENT",
    help="Target of one service. Repeatable.",
)
@option("--actual", is_flag=True, help="Also alert on the burn of all actual errors, not only of hidden ones.")
@common
def command(  # noqa: PLR0913, PLR0917 - click passes options as parameters
    folder: Path, docs: str, grafana: str, percent: float, own: tuple[str, ...], actual: bool
) -> int:
    """Write rules.yml and alerts.yml for Prometheus, and alertmanager.yml, an example of routes and inhibition.

    The alerts need the recording rules of rules.yml. With no options, the files are those in dashboards/.
    """
    of = budgets(_share(percent, "--objective"), dict(map(_own, own)))
    write(
        folder,
        {
            "rules.yml": recording_rules.text(of),
            "alerts.yml": alerting_rules.text(docs, grafana, of, actual=actual),
            "alertmanager.yml": alertmanager_example(),
        },
    )
    return 0


def _own(text: str) -> tuple[str, float]:
    service, sign, percent = text.rpartition("=")
    if not sign or not service:
        raise click.BadParameter(f"{text!r} is not SERVICE=PERCENT, such as shop=99.5", param_hint="--objective-of")
    try:
        return service, _share(float(percent), "--objective-of")
    except ValueError:
        raise click.BadParameter(f"{percent!r} is not a number", param_hint="--objective-of") from None


def _share(percent: float, hint: str) -> float:
    if not LOWEST <= percent / 100 <= _HIGHEST:
        raise click.BadParameter(f"{percent:g} is not between {100 * LOWEST:g} and {100 * _HIGHEST:g}", param_hint=hint)
    return percent / 100
