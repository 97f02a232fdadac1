"""Servers killed and answers lost at random; afterwards both ledgers are compared."""
