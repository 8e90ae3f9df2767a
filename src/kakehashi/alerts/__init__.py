"""Follows, notices on the site, mails and digests."""
