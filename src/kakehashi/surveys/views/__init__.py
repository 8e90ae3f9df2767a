"""Pages of surveys and polls for readers, and of their results for the staff."""
