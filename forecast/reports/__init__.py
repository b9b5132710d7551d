"""Reports: a run and its findings become HTML, PDF, charts and tables, in one of two languages."""
