"""`forecast data`: prepare data."""

from __future__ import annotations

from forecast.cli.group import CommandGroup

data_command = CommandGroup(
    "data",
    {
        "actuals": "forecast.cli.commands.data_actuals:actuals_command",
        "disaggregate": "forecast.cli.commands.data_disaggregate:disaggregate_command",
    },
)
