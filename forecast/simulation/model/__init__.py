"""The model of one path: baseline, services, shocks and recovery, workforce, costs, statement. All for simulation."""
