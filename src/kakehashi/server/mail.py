"""Where mails go when no mail server is set: into files, with a line that says so."""

from __future__ import annotations

import logging
from typing import Any

from django.core.mail.backends import filebased

logger = logging.getLogger("kakehashi.mail")


class EmailBackend(filebased.EmailBackend):
    """Writes each mail into EMAIL_FILE_PATH and logs where, so that whoever runs the site finds codes and links."""

    def write_message(self, message: Any) -> None:
        super().write_message(message)
        logger.info("mail to %s, “%s”: %s", ", ".join(message.to), message.subject, self._get_filename())  # type: ignore[attr-defined]
