"""What is measured: speed, and proof that the numbers are right. Each file is a command."""
