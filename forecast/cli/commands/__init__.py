"""Commands, one a file; the table of `forecast.cli` loads each when it is called."""
