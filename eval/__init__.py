"""Measures: pure metrics, one file per question."""
