"""Benchmarks: what takes how long, and what a faster way costs. Run on an idle machine; none of them is a test."""
