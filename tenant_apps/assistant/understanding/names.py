"""Finds the name the visitor gives of themselves."""

import re
from collections.abc import Iterator, Sequence

from tenant_apps.assistant.understanding.text import Message, Span, fold, tidy
from tenant_apps.assistant.understanding.vocabulary import words

_PARTICLES = words("name_particles")
_NO_NAME = words("no_name") | words("weekdays")
_ENDS_NAME = words("ends_name")
_NO_LONE_NAME = _NO_NAME | _ENDS_NAME | words("say_nothing") | words("no_service") | words("lone_words")
_NO_LONE_NAME -= _PARTICLES
_MAX_WORDS = 5

_WORD = r"[^\W\d_]+(?:['.-][^\W\d_]+)*"
_ONE_WORD = re.compile(rf"\s*({_WORD}\.?)")
_TITLES = re.compile(
    r"(?:(?:the|la|el)\s+)?(?:(?:mr|mrs|ms|miss|dr|dra|sr|sra|srta|don|dona|doctora?|prof|señora?|señorita)\.?\s+)+",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"\b(?:my (?:full |first )?name is|my name'?s|my names|the name is|name should be|name is actually|"
    r"(?:the )?name'?s|name is|name\s*[:=-]|"
    r"call me|i go by|me llamo|me dicen|mi nombre(?: completo)? es|mi nombre\s*[:=-]|nombre\s*[:=-]|"
    r"a nombre de|under the name(?: of)?|under)\s*"
)
_LIKELY = re.compile(
    r"\b(?:i am|i'm|im|this is|it is|it's|its|soy|habla|le habla|te habla|les habla|de parte de|aqui|"
    r"name(?= \w)|saludos de|"
    r"le escribe|te escribe|les escribe|(?:call|text|ask for|pregunten? por|llamen? a)(?= [^\W\d_]+ (?:at|on|al?)\b))"
    r"\s+(?:again\s+)?"
)
_HERE = re.compile(
    rf"(?:^|[.!?,;\n]|\b(?:hi|hey|hello|hola|it's|its)\b)\s*({_WORD}(?:\s{_WORD}){{0,2}})"
    r"\s+(?:here|speaking|aqui|al habla)\b"
)
_SIGNED = re.compile(
    r"(?:(?:thanks|thank you|thx|ty|cheers|best|regards|gracias|saludos|atentamente|att?e?|sincerely|"
    r"signed|love)[,.!\s-]+|"
    rf"\s-+\s*|^-+\s*|\n\s*-*\s*)({_WORD}(?:\s{_WORD}){{0,3}})[\s.,;:!?|()]*$"
)
# A stretch of words between marks, blanks and what others claimed.
_LONE = re.compile(
    rf"(?:^|[.,;:!?\n(|/]|\s-\s)\s*((?:(?:(?!x+\s){_WORD}|(?:mrs?|ms|dra?|sra?|srta|st|"
    rf"[a-z])\.)\s+){{0,4}}(?!x+\b){_WORD})\s*(?:\sx{{1,4}}\s*)?(?=$|[.,;:!?\n()|/]|-\s)"
)
_GREETING = re.compile(
    r"(?:(?:hi|hey|hello|hola|buenas|buenos dias|good morning|good afternoon|buenas tardes)\b[\s,!]*)?"
)
_OTHER_NAME = re.compile(rf"\s*,?\s*(?:and |y )?(?:not|no)\s+{_WORD}")
_MARK = re.compile(r"\s*[,;:/\n-]")
_MARKS = re.compile(r"[\s.,;:!?()/|-]*")
_ANSWER_LEAD = re.compile(
    r"(?:(?:it'?s|its|i'?m|im|soy|es|me llamo|name|my|is|hi|hello|hola|sure|yes|si|ok|okay|claro|this)\s+)+"
)


def claim_name(message: Message, *, contacts: Sequence[Span] = (), business_name: str = "") -> str:
    """Claim the name with the words that lead to it; "" where none is given.

    `contacts` are the stretches that hold a phone number or an address: a name often stands beside one.
    """
    text = message.blanked()
    for whole, name in _find_candidates(message, text, contacts):
        typed = message.slice(name.start, name.end)
        if business_name and fold(typed) in fold(business_name):
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
    for match in _HERE.finditer(text):
        span = _read(message, text, match.start(1), is_sure=False)
        if span and span.end == match.end(1):
            yield Span(span.start, match.end()), span
    signed = _SIGNED.search(text)
    if signed:
        span = _read(message, text, signed.start(1), is_sure=False)
        is_dashed = text[: signed.start(1)].rstrip().endswith("-")
        if span and span.end == signed.end(1) and (is_dashed or message.typed[span.start].isupper()):
            yield span, span
    yield from _find_lone(message, text, contacts)


def _find_lone(message: Message, text: str, contacts: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """A name between marks: beside a contact, or capitalised at the very start with more behind it."""
    position = 0
    while (match := _LONE.search(text, position)) is not None:
        position = match.end(1)
        start = match.start(1)
        greeting = _GREETING.match(text, start, match.end(1))
        start = greeting.end() if greeting else start
        title = _TITLES.match(text, start, match.end(1))
        start = title.end() if title else start
        span = _read(message, text, start, is_sure=False)
        if span is None or span.end != match.end(1):
            continue
        names = message.slice(span.start, span.end).split()
        if any(fold(word).strip(".") in _NO_LONE_NAME or word.endswith("ing") for word in names):
            continue
        are_capitals = all(word[:1].isupper() or fold(word) in _PARTICLES for word in names)
        is_marked = _MARK.match(text, span.end) is not None
        opens = is_marked and start <= len("good afternoon, ") and not text[:start].strip(" ,!") and message.claimed
        is_beside = _is_beside(text, span, contacts)
        if title or (is_beside and (are_capitals or len(names) <= 2)) or (opens and are_capitals):
            yield Span(match.start(1), span.end), span


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
        is_initial = len(match[1]) == 2
        word = match[1] if is_initial else match[1].rstrip(".")
        typed = message.slice(match.start(1), match.start(1) + len(word))
        if not _continues(word, typed, taken, is_sure=is_sure):
            break
        first = match.start(1) if not taken else first
        taken.append(word)
        position = match.start(1) + len(word)
        if word not in _PARTICLES:
            end = position
        if match[1].endswith(".") and not is_initial:
            break
    if is_sure and len(taken) == 1 and message.typed[first].isupper():
        return Span(first, position)
    is_name = end > first and any(word not in _PARTICLES for word in taken)
    return Span(first, end) if is_name else None


def _continues(word: str, typed: str, before: list[str], *, is_sure: bool) -> bool:
    """Whether a word is the next of a name."""
    is_capital = typed[:1].isupper()
    if word in _PARTICLES and (before or is_capital or is_sure):
        return True
    if word in _ENDS_NAME:
        return False
    if before:
        is_lower_throughout = not any(character.isupper() for character in before[0])
        return is_capital or (is_lower_throughout and len(before) < _MAX_WORDS - 1 and word not in _NO_NAME)
    if word in _NO_NAME:
        return is_sure and is_capital
    return is_capital or is_sure or not word.endswith(("ing", "ed", "ando", "iendo"))


def polish(typed: str) -> str:
    """A name as people write it: as typed, but with capitals where it has none, or nothing else."""
    name = _TITLES.sub("", tidy(typed), count=1)
    if name != name.lower() and not (name == name.upper() and len(name) > 3):
        return name
    lowered = name.lower().split()
    return " ".join(word if at and fold(word) in _PARTICLES else _capitalise(word) for at, word in enumerate(lowered))


def _capitalise(word: str) -> str:
    return re.sub(r"(^|['-])([^\W\d_])", lambda match: match[1] + match[2].upper(), word)


def read_bare_name(message: Message) -> str:
    """The answer to "What is your name?": what is left of it, when it can be one."""
    text = message.blanked()
    match = re.search(_WORD, text)
    if match is None:
        return ""
    lead = _ANSWER_LEAD.match(text, match.start())
    span = _read(message, text, lead.end() if lead else match.start(), is_sure=True)
    if span is None:
        return ""
    message.claim(match.start(), span.end)
    return polish(message.slice(span.start, span.end))
