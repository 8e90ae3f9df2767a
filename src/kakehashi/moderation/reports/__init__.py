"""Reports on moderation for a period: figures from rows (`figures`), in the tables of the law (`template`). See
docs/transparency.md for where each figure comes from."""
