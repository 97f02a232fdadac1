"""Tests of the scripts below dev/."""
