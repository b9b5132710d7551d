"""Files read and written: CSV, YAML, encodings, atomic writes, the cache. They know no plan."""
