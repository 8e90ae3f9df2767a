"""The demo newsroom: invented stories, members, comments and votes, made from a seed number."""
