"""How likely a comment's text is to be removed here: learned on this machine from what the site's own moderators decided.

`scoring.score` is all that others need. It reads the text and nothing else: not who wrote it, under which story, or what
others think of it (docs/decisions). Only what reckons loads NumPy; scikit-learn is loaded by the process that trains alone.
"""
