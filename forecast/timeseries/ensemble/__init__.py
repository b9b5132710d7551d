"""The models of one service, fitted, weighed by rolling origins, and kept."""
