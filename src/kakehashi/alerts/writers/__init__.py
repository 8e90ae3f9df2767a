"""What each kind of mail says (`letters.KINDS`)."""
