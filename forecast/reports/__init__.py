"""Reports: a run and its findings become HTML, PDF, charts and tables, in one of two languages.

For other packages: `html_page`, `pdf_page` and `summary` (one run), `compare` (several runs), `backtest` (a backtest),
`index_page` (the runs of a folder), `content.context` (the input of a page), `content.charts` (the charts of a run),
`content.text` (texts that the command line shares), `charts.chart` and `charts.style` (sizes and type). The rest
serves these.
"""
