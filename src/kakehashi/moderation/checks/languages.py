"""In which language a text is, as far as its script tells."""

from __future__ import annotations

import re

from django.conf import settings

_KANA = re.compile(r"[\u3041-\u30fa\uff66-\uff9f]")
_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")
# Of these two the script is enough to know them; what is in none of them may be in any other language.
BY_SCRIPT = {"ja": _KANA, "ko": _HANGUL}


def language_of(plain: str, reads_in: str) -> str:
    """`ja`, `ko`, or, for other scripts, the language of the site, that of the page, or English: the first that is written
    in another script than those two."""
    if not plain.isascii():
        for language, script in BY_SCRIPT.items():
            if script.search(plain):
                return language
    spoken = (settings.LANGUAGE_CODE, reads_in, "en")
    return next(language for language in spoken if language.partition("-")[0] not in BY_SCRIPT)
