"""The pages and fragments of the discussion: parse, one action or query, answer."""
