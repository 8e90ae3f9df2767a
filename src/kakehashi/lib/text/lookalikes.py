"""Letters of other scripts that a reader takes for another letter, each with the letter that stands for both.

Made by hand from the shapes in the Unicode charts. Keys are lower case (names are casefolded first), so one key has to
serve for a capital and a small letter: where the two look like different letters (Greek nu: N and v), the small one
wins.
Digits stay apart from letters: `agent0` and `agento` are two people.
"""

_CYRILLIC = ("авекмнорстухіјѕԁһӏԛԝєԍ", "abekmhopctyxijsdhlqweg")
_GREEK = ("αβεζηικμνορτυχϲϳω", "abezhikmvoptyxcjw")
_ARMENIAN = ("ոօսցհզ", "noughq")
_LATIN = ("ıɑɡɩʏʙɪɴʀʜʟᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢꜱ", "iagiybinrhlacdejkmoptuvwzs")
# Cherokee letters casefold to their capitals.
_CHEROKEE = ("ᎪᏴᏟᎠᎬᎻᏆᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃ", "abcdehijklmprstvwz")
# Katakana and hiragana against kanji and against each other.
_JAPANESE = ("エオカタトニハロヘー", "工才力夕卜二八口へ一")

LOOKALIKES: dict[int, int] = {
    ord(letter): ord(twin)
    for letters, twins in (_CYRILLIC, _GREEK, _ARMENIAN, _LATIN, _CHEROKEE, _JAPANESE)
    for letter, twin in zip(letters, twins, strict=True)
}
