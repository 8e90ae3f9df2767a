"""Pages about mails: to follow something, to say yes, to change or end it; and the door for what providers report."""
