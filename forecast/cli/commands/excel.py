"""`forecast excel`: workbooks."""

from __future__ import annotations

from forecast.cli.group import CommandGroup

excel_command = CommandGroup(
    "excel",
    {
        "export": "forecast.cli.commands.excel_export:export_command",
        "import": "forecast.cli.commands.excel_import:import_command",
    },
)
