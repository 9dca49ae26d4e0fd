"""Finds the name the visitor gives of themselves."""

import re
from collections.abc import Iterator, Sequence

from tenant_apps.assistant.understanding.text import Message, Span, fold, tidy
from tenant_apps.assistant.understanding.vocabulary import names, words

_GIVEN = names("given")
_FAMILY = names("family")
_PARTICLES = words("name_particles")
_NO_NAME = words("no_name") | words("weekdays")
_ENDS_NAME = words("ends_name")
_NO_LONE_NAME = _NO_NAME | _ENDS_NAME | words("say_nothing") | words("no_service") | words("lone_words")
_NO_LONE_NAME -= _PARTICLES
_COMMON = words("common") | _NO_LONE_NAME
# Short for given names, and what stands behind family names.
_SHORT = frozenset(("ma", "fco", "jr", "sr", "st"))
_NO_NAME_ENDS = ("ing", "ed", "ando", "iendo", "ly", "ful", "ous", "mente", "able", "ible", "ant", "less")
_MAX_WORDS = 8

_WORD = r"[^\W\d_]+(?:['.-][^\W\d_]+)*"
_ONE_WORD = re.compile(rf"\s*({_WORD}\.?)")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+")
_TITLES = re.compile(
    r"(?:(?:the|la|el)\s+)?(?:(?:mr|mrs|ms|miss|dr|dra|sr|sra|srta|don|dona|doctora?|prof|señora?|señorita)\.?\s+)+",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"\b(?:(?:name|nombre)(?: is| es)? (?:spelled|spelt|written|se escribe)[^.!?\n|:]{0,30}:|my (?:full |first |"
    r"last )?name is(?! spel| written)|my name'?s|my names|(?:the |my )?name is (?:spelled|spelt|actually)|"
    r"the name is|name should be|(?:last|first|sur) ?name(?: is|:)?|"
    r"(?:the )?name'?s|name is(?! spel| written)|name\s*[:=-]|"
    r"(?:it'?s |its |is |se )?(?:spelled|spelt|escribe)(?! with| con)|dime|diganme|llam[ae]nme(?! al?\b| en| por)|"
    r"llamame(?! al?\b| en| por)|"
    r"calls? me|i go by|go(?:es)? by|me llamo|me llaman|me dicen|mi nombre(?: completo)? es|mi nombre\s*[:=-]|"
    r"nombre\s*[:=-]|apellidos?(?: es|:)?|mi nombre|"
    r"a nombre de(?:l)?(?: mi \w+,?)?|under the name(?: of)?|under)\s*"
)
_LIKELY = re.compile(
    r"\b(?:(?:it'?s|es) (?:for|para)|i am|i'm|im|this is|it is|it's|its|soy|habla|le habla|te habla|les habla|de "
    r"parte de|aqui|"
    r"name(?= \w)|(?:saludos|greetings|hi|hello|hola) (?:de|from)|"
    r"le escribe|te escribe|les escribe|(?<=\| )ask for|pregunten? por|"
    r"(?:call|text|llamen? a)(?= [^\W\d_]+ (?:(?:at|on|al?)\b|\|)))"
    r"\s+(?:again\s+)?"
)
# Words that lead to a name where the name is what is talked about: "the name is wrong, it's Ana".
_ITS = re.compile(r"\b(?:it'?s|is|es|should be|sea|seria|debe ser)\s+(?:really |actually )?")
_TALKS_OF_NAME = re.compile(r"\b(?:name|nombre)\b")
# Whose name follows, when it is not the visitor's.
_SOMEBODY = re.compile(
    r"\b(?:dog|cat|puppy|pup|kitten|son|daughter|kid|child|baby|wife|husband|mom|mother|dad|father|sister|brother|"
    r"friend|"
    r"stylist|barber|named|called|perr[oa]|gat[oa]|hij[oa]|espos[oa]|mama|papa|herman[oa]|amig[oa]|llama)[ ,(]{0,2}$"
)
_HERE = re.compile(
    rf"(?:^|[.!?,;\n]|\b(?:hi|hey|hello|hola|it's|its)\b)\s*({_WORD}(?:\s{_WORD}){{0,2}})"
    r"\s+(?:here|speaking|again|aqui|al habla|otra vez)\b"
)
_SIGNED = re.compile(
    r"(?:(?:thanks|thank you|thx|ty|cheers|best|regards|gracias|saludos|atentamente|att?e?|sincerely|"
    r"signed|love)[,.:!\s-]+|"
    rf"\s-+\s*|^-+\s*|\n\s*-*\s*)({_WORD}(?:\s{_WORD}){{0,3}})[\s.,;:!?|()]*$"
)
# A stretch of words between marks, blanks and what others claimed.
_LONE = re.compile(
    rf"(?:^|[.,;:!?\n(|/]|\s-\s)\s*((?:(?:(?!x+\s){_WORD}|(?:mrs?|ms|dra?|sra?|srta|st|"
    rf"ma|fco|[a-z])\.)\s+){{0,4}}(?!x+\b){_WORD}(?:(?<=\s[a-z])\.)?)\s*(?:\sx{{1,4}}\s*)?(?=$|[.,;:!?\n()|/&+]|-\s)"
)
# "Gloria from down the street": a known name with where they come from.
_FROM = re.compile(rf"(?:^|\b(?:hi|hey|hello|hola)\b)[\s,!]*({_WORD}(?:\s{_WORD})?)\s+(?:from|de)\s[^.,!?|\n]+")
_HANDLE = re.compile(r"@\w[\w.]*")
_GREETING = re.compile(
    r"(?:(?:hi|hey|hello|hola|buenas|buenos dias|good morning|good afternoon|buenas tardes)\b[\s,!]*)?"
)
_OTHER_NAME = re.compile(rf"\s*,?\s*(?:and |y )?(?:not|no)\s+{_WORD}")
_MARK = re.compile(r"\s*[,;:/\n-]")
_MARKS = re.compile(r"[\s.,;:!?()/|-]*")
_SEGMENT = re.compile(rf"(?<![^\s,!?:;|]){_WORD}[^,!?:;|]*")
_ANSWER_LEAD = re.compile(
    r"(?:(?:it'?s|its|i'?m|im|soy|es|me llamo|name|my|is|(?:you can |just )?put(?: me down)?(?: as)?|ponga|ponle|"
    r"pon|con gusto|hi|hello|hola|sure|yes|si|ok|okay|claro|this)\s+)+"
)


def claim_name(message: Message, *, contacts: Sequence[Span] = (), business_name: str = "") -> str:
    """Claim the name with the words that lead to it; "" where none is given.

    `contacts` are the stretches that hold a phone number or an address: a name often stands beside one.
    """
    text = _HANDLE.sub(lambda match: "|" * len(match[0]), message.blanked())
    for whole, name in _find_candidates(message, text, contacts):
        typed = message.slice(name.start, name.end)
        if business_name and re.search(rf"\b{re.escape(fold(typed))}\b", fold(business_name)):
            continue
        other = _OTHER_NAME.match(text, whole.end)
        message.claim(whole.start, other.end() if other else whole.end)
        return polish(typed)
    return ""


def _find_candidates(message: Message, text: str, contacts: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """(the words with those that lead to them, the name alone), the surest first."""
    for pattern, is_sure in ((_SURE, True), (_LIKELY, False)):
        for match in pattern.finditer(text):
            span = _read(message, text, match.end(), is_sure=is_sure)
            if span:
                yield Span(match.start(), span.end), span
    if _TALKS_OF_NAME.search(text):
        for match in _ITS.finditer(text):
            span = _read(message, text, match.end(), is_sure=False)
            if span:
                yield Span(match.start(), span.end), span
    for match in _HERE.finditer(text):
        span = _read(message, text, match.start(1), is_sure=False)
        if span and span.end == match.end(1):
            yield Span(span.start, match.end()), span
    for match in _FROM.finditer(text):
        span = _read(message, text, match.start(1), is_sure=False)
        if (
            span
            and span.end == match.end(1)
            and fold(message.slice(span.start, span.end)).split()[0] in _GIVEN - _COMMON
        ):
            yield Span(span.start, match.end()), span
    signed = _SIGNED.search(text)
    if signed:
        span = _read(message, text, signed.start(1), is_sure=False)
        is_dashed = text[: signed.start(1)].rstrip().endswith("-")
        if (
            span
            and span.end == signed.end(1)
            and (is_dashed or message.typed[span.start].isupper() or signed[1].split()[0] in _GIVEN - _COMMON)
        ):
            yield span, span
    yield from _find_lone(message, text, contacts)


def _find_lone(message: Message, text: str, contacts: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """A name between marks: beside a contact, or capitalised at the very start with more behind it; then any other that
    people are known to have, the last first."""
    others: list[tuple[Span, Span]] = []
    position = 0
    while (match := _LONE.search(text, position)) is not None:
        position = match.end(1)
        start = match.start(1)
        greeting = _GREETING.match(text, start, match.end(1))
        start = greeting.end() if greeting else start
        title = _TITLES.match(text, start, match.end(1))
        start = title.end() if title else start
        span = _read(message, text, start, is_sure=False)
        if span is None or text[span.end : match.end(1)].strip(". ") not in ("", "family"):
            continue
        names = message.slice(span.start, span.end).split()
        if any(fold(word).rstrip(".") in _NO_LONE_NAME or word.endswith("ing") for word in names if len(word) > 2):
            continue
        if all(fold(word) in _COMMON for word in names) and not any(word[:1].isupper() for word in names):
            continue
        are_capitals = all(word[:1].isupper() or fold(word) in _PARTICLES for word in names)
        is_marked = _MARK.match(text, span.end) is not None
        opens = is_marked and start <= len("good afternoon, ") and not text[:start].strip(" ,!") and message.claimed
        whole = Span(match.start(1), match.end(1))
        is_beside = _is_beside(text, whole, contacts)
        found = whole, span
        if title or (is_beside and (are_capitals or len(names) <= 2)) or (opens and are_capitals):
            yield found
        elif not _SOMEBODY.search(text, 0, match.start(1)) and _is_usual(message, text, span):
            others.append(found)
    yield from reversed(others)


def _is_usual(message: Message, text: str, span: Span) -> bool:
    """Whether people are known by these names, or nothing but a name can stand there: capitals in a sentence of its own
    at the end."""
    typed = message.slice(span.start, span.end).split()
    folded = [fold(word).rstrip(".") for word in typed]
    are_capitals = not message.is_shouted and all(word[:1].isupper() for word in typed)
    if all(word not in _COMMON for word in folded) or (are_capitals and len(typed) > 1):
        if folded[0] in _GIVEN or folded[0].split("-")[0] in _GIVEN:
            return all(are_capitals or len(word) == 1 or word in _GIVEN | _FAMILY for word in folded)
        before, behind = text[: span.start].rstrip(" |"), text[span.end :]
        ends = not behind.strip(" .!|") and (not before or before[-1] in ".!?\n")
        return ends and are_capitals and message.is_mixed and bool(before or message.claimed)
    return False


def _is_beside(text: str, span: Span, contacts: Sequence[Span]) -> bool:
    """Whether nothing but marks stands between the stretch and a contact."""
    for contact in contacts:
        between = text[span.end : contact.start] if span.end <= contact.start else text[contact.end : span.start]
        if _MARKS.fullmatch(between) and len(between) <= 5:
            return True
    return False


def _read(message: Message, text: str, start: int, *, is_sure: bool) -> Span | None:
    """The name that begins at `start`, as far as it goes; None where none does."""
    title = _TITLES.match(text, start)
    position = title.end() if title else start
    first, end, taken = position, position, list[str]()
    while len(taken) < _MAX_WORDS:
        match = _ONE_WORD.match(text, position)
        if match is None or (taken and "\n" in match[0]):
            break
        is_short = _INITIALS.fullmatch(match[1]) is not None or match[1].rstrip(".") in _SHORT
        word = match[1] if is_short else match[1].rstrip(".")
        typed = message.slice(match.start(1), match.start(1) + len(word))
        typed = typed.lower() if message.is_shouted else typed
        if not _continues(word, typed, taken, is_sure=is_sure):
            break
        first = match.start(1) if not taken else first
        taken.append(typed)
        position = match.start(1) + len(word)
        if word not in _PARTICLES:
            end = position
        if match[1].endswith(".") and not is_short:
            break
    if not is_sure and len(taken) == 1 and taken[0].islower() and fold(taken[0]) not in _GIVEN:
        # Nobody we know, and no capital: a name only where nothing follows that it would describe.
        follows = _ONE_WORD.match(text, position)
        if follows and follows[1].rstrip(".") not in _ENDS_NAME:
            return None
    if is_sure and len(taken) == 1 and message.typed[first].isupper():
        return Span(first, position)
    is_name = end > first and any(fold(word) not in _PARTICLES for word in taken)
    return Span(first, end) if is_name else None


def _continues(word: str, typed: str, before: list[str], *, is_sure: bool) -> bool:
    """Whether a word is the next of a name."""
    is_capital = typed[:1].isupper()
    if word in _PARTICLES and (before or is_capital or is_sure):
        return True
    if word in _ENDS_NAME:
        return False
    if is_capital:
        return bool(before) or word not in _NO_NAME or is_sure
    is_known = word in _GIVEN or word in _FAMILY or (len(word) == 1 and bool(before))
    if before:
        is_lower_throughout = not any(character.isupper() for character in "".join(before))
        is_one_known = is_known or any(fold(each) in _GIVEN or fold(each) in _FAMILY for each in before)
        return (
            is_lower_throughout
            and word not in _NO_NAME
            and (is_known or word not in _COMMON)
            and (is_sure or is_one_known)
        )
    if is_sure:
        return word not in _NO_NAME
    return word not in _NO_NAME and (
        (is_known and word not in _COMMON) or (word not in _COMMON and not word.endswith(_NO_NAME_ENDS))
    )


def polish(typed: str) -> str:
    """A name as people write it: as typed, but with capitals where it has none, or nothing else."""
    name = _TITLES.sub("", tidy(typed), count=1)
    if _INITIALS.fullmatch(typed.strip()) and typed.count(".") > 1:
        name = typed.strip()
    if name != name.lower() and not (name == name.upper() and len(name) > 3):
        return name
    lowered = name.lower().split()
    return " ".join(word if at and fold(word) in _PARTICLES else _capitalise(word) for at, word in enumerate(lowered))


def _capitalise(word: str) -> str:
    return re.sub(r"(^|['.-])([^\W\d_])", lambda match: match[1] + match[2].upper(), word)


def read_bare_name(message: Message) -> str:
    """The answer to "What is your name?": what is left of it, when it can be one."""
    text = message.blanked()
    first: tuple[int, Span] | None = None
    for segment in _SEGMENT.finditer(text):
        lead = _ANSWER_LEAD.match(text, segment.start())
        span = _read(message, text, lead.end() if lead else segment.start(), is_sure=True)
        if span is None:
            continue
        first = first or (segment.start(), span)
        if fold(message.slice(span.start, span.end)).split()[0] not in _COMMON:
            first = segment.start(), span
            break
    if first is None:
        return ""
    message.claim(first[0], first[1].end)
    return polish(message.slice(first[1].start, first[1].end))
