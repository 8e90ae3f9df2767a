"""What other comment systems reached on the same kind of machine in November 2026, requests a second.

Remark42 4793c1c (Go) with its cache enlarged, the fastest of Isso 0.14, Remark42, Waline 1.39 and NodeBB 4.15; server on
one core, load on the other, 16 connections kept open. docs/performance.md has the whole table.
"""

READ = {15: 9701, 200: 4593, 1000: 1721}
READ_SIGNED_IN = {15: 214, 200: 14}
# By clients at once.
POST = {1: 348, 16: 459}
VOTE = {1: 1414, 16: 1578}
