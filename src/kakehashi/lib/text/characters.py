"""Sets of characters, written as bodies of regular-expression classes (`[...]`)."""

import re
import unicodedata


def _marks(*ranges: range) -> str:
    """Every combining mark (Mn, Mc, Me) in these ranges."""
    found = [code for codes in ranges for code in codes if unicodedata.category(chr(code))[0] == "M"]
    runs: list[list[int]] = []
    for code in found:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs)


# The ranges skip the large blocks that hold no mark, to keep imports quick. The rare marks are those of old and small
# scripts beyond the basic plane, apart because they make a pattern five times slower.
COMMON_MARKS = _marks(range(0x300, 0x3100), range(0xA600, 0xAC00), range(0xF900, 0x10000))
RARE_MARKS = _marks(range(0x10000, 0x12000), range(0x16A00, 0x17000), range(0x1BC00, 0x1EA00), range(0xE0100, 0xE01F0))
MARKS = COMMON_MARKS + RARE_MARKS

# Marks that fit on a letter of any script, so the ones that are heaped up to deface a page.
STACKABLE_MARKS = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"

# Burmese and Tibetan write up to six marks on one letter.
DEEP_MARKS = r"\u0f00-\u0fff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"

HAN = r"\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

# Scripts that put no space between words; Korean is here because particles are glued to a name.
UNSPACED = (
    HAN
    + r"\u3031-\u3035\u303b\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
    + r"\u1100-\u11ff\u3105-\u318f\ua960-\ua97f\uac00-\ud7ff"
    + r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0eff\u1000-\u109f\u1780-\u17d3"
)

# Letters whose shape a zero-width joiner or non-joiner changes: Arabic, Syriac, N'Ko, Indic, Burmese, Khmer, Mongolian.
JOINING = (
    r"\u0600-\u07ff\u0840-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af"
    r"\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00011000-\U0001147f"
)

EMOJI = r"\u00a9\u00ae\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"

RIGHT_TO_LEFT = r"\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"

# Never seen, only felt: controls, bidi overrides and isolates, zero-width signs, fillers, surrogates, noncharacters.
UNSEEN = (
    r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\ud800-\udfff"
    r"\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
    + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(1, 17))
)

is_unspaced = re.compile(f"[{UNSPACED}]").match
is_mark = re.compile(f"[{MARKS}]").match
