"""Runnable measurements; each prints its figures. docs/performance.md says how to read them."""
