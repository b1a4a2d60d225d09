"""Benchmarks, each beside a baseline in the same run, and the servers they run against."""
