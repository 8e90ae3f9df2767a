"""Surveys and polls of the newsroom, and their results."""
