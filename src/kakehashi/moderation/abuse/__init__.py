"""Finding what looks arranged: bursts of votes, accounts that vote as one, many registrations at once, banned people who
come back. `chance`, `bursts` and `likeness` are pure; `reading` asks the database; `watching` raises alarms.

Nothing here takes anything from anybody. The statistics and why the bounds stand where they stand:
docs/decisions, on arranged votes.
"""
