"""Plans as a planner writes them: records, the language of numbers, reading and checks.

For other packages: `scenario` (the plan), `targets`, `shocks`, `initiatives`, `workforce`, `weights`, `assumption` and
`record` (its parts), `geography` (its places), `data_files` (the files that it names), `labels` (names for people),
`json_schema` (the schema for editors), and in `loading` the modules `loader` and `effective`. The rest serves those.
"""
