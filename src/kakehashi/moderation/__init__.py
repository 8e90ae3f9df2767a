"""Rules, flags, decisions and appeals."""
