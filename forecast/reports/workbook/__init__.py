"""The workbook of a run: inputs in yellow cells, the central case in live formulas, the simulated outlook as values.

For others: `render_workbook` in `document`, and `input_cells` and `write_expression` in `input_cells`, by which an
edited workbook is read again.
"""
