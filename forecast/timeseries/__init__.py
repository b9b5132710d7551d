"""What the past says of the months to come."""
