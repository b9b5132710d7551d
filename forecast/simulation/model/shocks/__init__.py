"""What each kind of shock does."""
