"""Places: their hierarchy, their losses, what is kept of each."""
