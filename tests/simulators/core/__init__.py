"""What every simulator has: ledger, journal, fault dial, switches and the control interface."""
