"""Pages of the room: `public` for everybody, `own` for the reader whom it concerns, the others for the staff."""
