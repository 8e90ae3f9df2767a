"""Word lists for telling names, remarks and coincidences apart. They only weigh; no single word decides."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


# Words of sentences, seldom of display names.
FUNCTION_WORDS = _words(
    """about again all also always am and any are as at be because been but by can could did do does everything for from
    get go had has have he her him his how i if in is it its just let like maybe me more most my never no nobody not
    nothing oh on one only or our out people please really she should so some such than that their them then there
    these they this those to too up us very was we were what when where which who why will with would yes you your"""
)

# Words that also hold display names together.
LINKING_WORDS = _words("a an de la of the van von")

# Whole comments, or whole paragraphs of one, that are as short as a name.
REMARKS = _words(
    """+1 absolutely agreed amen bingo bravo brilliant bs cheers congrats congratulations correct disgusting ditto
    exactly excellent finally good great haha hahaha hilarious hmm hmmm indeed interesting lmao lol nice no nonsense
    nope ok okay pathetic precisely really ridiculous right rubbish sad same seriously shame shameful sigh sure thanks
    this touché true unbelievable what whatever why wow wrong yeah yep yes
    その通り 同感 賛成 なるほど そうだ 反対 確かに"""
) | _phrases(
    """about time, bad idea, dear god, fair enough, fair point, good idea, good job, good luck, good news, good point,
    great news, hear hear, i agree, me too, nice try, no comment, no way, not again, not really, of course, oh dear,
    oh well, same here, so true, so what, thank you, totally agree, very sad, very true, well done, well said"""
)

# So common that three or four of them in a row prove nothing.
COMMON_WORDS = _words(
    """a about agree all also an and any are at be because but can cant could couldnt did do does dont even for good had
    has have he her here his how i in is it just know many me more much my no not of on only or our she so some than
    thank thanks that the their them then there they think this to too us very was we well were what when where which
    who why will with would yes you your"""
)
