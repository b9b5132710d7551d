"""The drawer of analyses: one question a file, a function and its frozen answer."""
