"""Checks of the simulators themselves: over plain HTTP, a foreign client and a browser."""
