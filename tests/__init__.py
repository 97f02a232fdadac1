"""Tests of the suite and the simulators they run against."""
