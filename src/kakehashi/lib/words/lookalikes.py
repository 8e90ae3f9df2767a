"""Letters of other scripts that pass for a Latin one, for finding words that somebody has disguised.

Made once from Unicode's confusables.txt (Unicode Technical Standard 39, as packaged by confusable-homoglyphs 3.3.1): every
single letter that it lists for a letter from a to z and that is not folded to one by case or width. What lib.text already
takes for one letter in names (lib.text.lookalikes, made by hand) comes first. Both sides are folded alike, so a word in
another script still matches itself.
"""

from kakehashi.lib.text.lookalikes import LOOKALIKES as IN_NAMES

_LATIN = {
    "a": "ᗅꓮ𐊠𖽀",
    "b": "ƅьᏏᑲᖯᗷꓐꞵ𐊂𐊡𐌁",
    "c": "σⲥꓚ𐊢𐌂𐐽𐔜",
    "d": "Ꮷᑯᗞᗪꓒꓓ",
    "e": "ҽⴹꓰꬲ𐊆𑣆𑣎",
    "f": "ϝքᖴẝꓝꞙꬵ𐊇𐊥𐔥𑣂",
    "g": "ƍᏀᏳᶃꓖ",
    "h": "Ꮒᕼⲏꓧ𐋏",
    "i": "Ꭵꙇ𑣃",
    "j": "ʝᒍꓙ",
    "k": "ᛕⲕꓗ𐔘",
    "l": "ǀᒪᛁⲓⳑⵏꓡꓲ𐊊𐌉𐑃𐔦𑣒𖼖𖼨",
    "m": "ϻᗰᛖⲙꓟ𐊰𐌑",
    "n": "ռⲛꓠ𐔓",
    "o": "ଠഠဝჿዐᴑⲟⵔꓳꬽ𐊒𐊫𐐬𐓪𐔖𑣈𑣕𑣗",
    "p": "ᑭⲣꓑ𐊕",
    "q": "գⵕ",
    "r": "гᎡᎱᖇᴦⲅꓣꭇꭈ𐓜𖼵",
    "s": "ƽտᏕꓢ𐊖𐑈𑣁𖼺",
    "t": "ⲧꓔ𐊗𐊱𐌕𖼊",
    "u": "ʋሀᑌꓴꞟꭎꭒ𐓶𑣘𖽂",
    "v": "ѵᐯⴸꓦꛟ𐔝𑜆𑣀𖼈",
    "w": "ɯѡաᏔꓪ𑜊𑜎𑜏",
    "x": "ᕁᕽᚷⲭⵝꓫꭓ𐊐𐊴𐌗𐔧",
    "y": "ɣγүყᎩᎽᶌỿⲩꓬꭚ𐊲𑣜𖽃",
    "z": "ꓜ𑣄𑣉",
}
# Latin letters that Unicode does not take apart into a letter and a mark.
_STROKES = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŧ": "t",
    "ƀ": "b",
    "ɨ": "i",
    "ʉ": "u",
    "ɵ": "o",
    "ƶ": "z",
}
_STROKES |= {"æ": "ae", "œ": "oe", "þ": "th"}
# Kanji that pass for a kana, and katakana, both as hiragana.
_KANJI = dict(zip("工才力夕卜二八口一", "えおかたとにはろー", strict=True))
_KATAKANA = {chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)}
# Letters in white on black, and the pairs of them that make flags.
_BOXED = {chr(first + n): chr(97 + n) for first in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)}

LOOKALIKES: dict[int, str] = {
    **{key: chr(twin) for key, twin in IN_NAMES.items() if twin < 0x80},
    **{ord(letter): twin for twin, letters in _LATIN.items() for letter in letters},
    **{ord(letter): twin for letter, twin in (_STROKES | _KANJI | _KATAKANA | _BOXED).items()},
}
