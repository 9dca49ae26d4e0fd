"""Finds what else the business should know: what is left once everything else is understood."""

import re
from collections.abc import Iterator

from tenant_apps.assistant.understanding.intents import is_only_filler, is_question
from tenant_apps.assistant.understanding.services import has_request
from tenant_apps.assistant.understanding.text import Message, Span, tidy
from tenant_apps.assistant.understanding.vocabulary import words

_MARKED = re.compile(
    r"\b(?:notes?|notas?|fyi|ps|p\.s\.?|heads up|please note(?: that)?|just so you know|para que sepan|ojo|"
    r"nb)\s*[:,.-]?\s+([^.!?\n]+)"
)
# Clauses that tell something about the visitor or the visit, wherever they stand.
_TELLS = re.compile(
    r"(?<![a-z'])(?:(?:i'?m|i am|im|she'?s|he'?s|we'?re|they'?re|my \w+(?: \w+)? (?:is|are|has|have|was)|"
    r"i have|i've|ive|i had|i got|i was|i just|i used|i only|i can only|i don'?t|i do not|i can'?t|"
    r"i cannot|we have|he has|she has|it has|it'?s got|it'?s my|it is my|its my|this is my|"
    r"it will be my|there (?:is|are|will be)|it'?s (?:for|a|an|been|very|really|pretty)|"
    r"its (?:for|a|an|been|very|really)|"
    r"my (?:son|daughter|kids?|child|husband|wife|mom|mother|dad|father|dog|cat|puppy|car|truck|lab|"
    r"\w+ \w+)(?=$| needs?\b| wants?\b| \|)|"
    r"tooth ?ache|pain|broken|chipped|cracked|stuck|clogged|swollen|bleeding|dolor|rot[oa]|"
    r"first[ -]?time|first visit|new (?:client|customer|patient|here)|allergic|never (?:been|had|done)|"
    r"for my \w+|with (?:[a-z]+) (?:if|please|again)|prefer|preferably|referred|a friend|"
    r"need (?:wheelchair|parking)|"
    r"soy (?:alergic|nuev|primeriz|sensible|diabetic|client)|tengo|es (?:mi|para mi|la primera|un|una|para|"
    r"mucho)|seria (?:mi|para)|estoy|nunca|mi \w+(?: \w+)? (?:es|esta|tiene|tienen|son|era)|"
    r"para mi (?!\b)|primera vez|primera visita|nuev[oa] (?:cliente|paciente)|alergic[oa]|somos|"
    r"vamos|llevo|traigo|me (?:duele|recomend\w+|gusta\w*|dan?|molesta)|vengo|sufro|uso|"
    r"padezco|no (?:puedo|tengo|me gusta)|de preferencia|con (?:[a-z]+) (?:si|por favor))(?![a-z]))"
)
_FOR_WHOM = re.compile(
    r"(?<![a-z])(?:for (?:me and )?(?:my|our) (?:\w+ )?(?:son|daughter|kid|kids|child|children|husband|"
    r"wife|mom|mother|"
    r"dad|father|friend|sister|brother|dog|cat|puppy|girlfriend|boyfriend|partner|grandma|grandmother|"
    r"grandson|baby|boy|girl|niece|nephew|team|family|car|truck|suv|van|jeep|sedan|motorcycle|boat|house|"
    r"apartment|office|kitchen|bathroom|horse|rabbit|\w+ year old)(?:'?s)?(?:,? (?!on\b|at\b|"
    r"and\b|in\b|please\b|this\b|next\b|but\b|or\b|who\b|with\b|to\b|as\b|if\b|the\b|for\b)[a-z]+)?|"
    r"para (?:mi|mis|nuestr[oa]s?) (?:hij[oa]s?|espos[oa]|mama|papa|perr[oa]s?|perrit[oa]s?|gat[oa]s?|"
    r"amig[oa]s?|herman[oa]s?|novi[oa]|ni[nñ][oa]s?|abuel[oa]s?|bebe|niet[oa]s?|sobrin[oa]s?|pareja|"
    r"marido|equipo|familia|carro|coche|auto|camioneta|moto|casa|departamento|oficina|cocina)(?: (?!el\b|"
    r"la\b|los\b|este\b|esta\b|a\b|por\b|y\b|para\b|en\b|de\b|"
    r"que\b|ma[nñ]ana\b)[a-zñ]+)?|"
    r"with (?!my|me|the|a |you|your|someone|this|that|it|us|any|no|some)[a-z]+(?: if (?:possible|"
    r"she'?s (?:available|in|free)|he'?s (?:available|in|free)|you can))|with (?!my|me|the|a |you|your|"
    r"someone|this|that|it|us|any|no|some)[a-z]+(?= (?:please|pls|again))|con (?!mi|la |el |un|ust|"
    r"algu|much|gust)[a-z]+(?: (?:si (?:se puede|es posible|esta|puede)|de nuevo|otra vez|por favor))?)"
)
_LEADING = re.compile(
    r"^(?:(?:and|also|btw|by the way|but|oh|oh and|so|well|plus|fyi|note|notes|nota|notas|"
    r"additionally|y|tambien|ademas|por cierto|pero|ah|ah y|bueno|solo que|es que|que sepan que|"
    r"because|since|cuz|as|porque|ya que|pues|sepan que)[\s,:.-]+)+"
)
# Words that only lead to what others understood.
_DANGLING = re.compile(
    r"(?:(?:^|\s)(?:for|on|at|with|to|by|in|a|an|the|needs?|wants?|para|el|la|los|las|"
    r"un|una|con|en|"
    r"de|necesita|quiere))+$"
)
_CLAIMED_NEXT = re.compile(r"\s*\|")
_ENUMERATES = re.compile(r"\s*(?:,|-|\(|and|y|but|pero)?\s*")
_MENDS = re.compile(
    r"\b(?:wrong|incorrect|not right|i meant?|quise decir|quiero decir|equivocad[oa]|(?:esta|es) mal)\b"
)
_SENTENCE = re.compile(r"[^.!?;\n]+(?:[!?.;]+|$|\n)|\n")
_PIECE = re.compile(
    r"\s*(?:,|\s-\s|\(|\)|\||(?<=\s)(?:and|but|y|pero|so|because|since|porque|ya que|also|tambien|"
    r"que)(?=\s(?:i|i'm|im|i've|she|he|we|it|it's|its|my|this|there|she's|he's|soy|tengo|es|estoy|mi|"
    r"somos|nunca|no|me|traigo|seria|vengo|also|tambien|yo|para|primera|first)\b))\s*"
)
_EMPTY = words("say_nothing")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def read_notes(message: Message, events: list[Span]) -> str:
    """The notes in what nobody else claimed, as typed, joined by ". "; "" for none."""
    found = [Span(*marked.span(1)) for marked in _MARKED.finditer(message.folded)]
    found += [event for event in events if not _is_inside(event, found)]
    free = message.blanked()
    for match in _FOR_WHOM.finditer(free):
        if not _is_inside(Span(*match.span()), found) and _is_somebody(message, match):
            found.append(Span(*match.span()))
    for sentence in _SENTENCE.finditer(free):
        found += _read_sentence(free, sentence, found)
    texts = [_tidy_note(message.slice(span.start, span.end)) for span in sorted(_join_close(found, message))]
    return ". ".join(dict.fromkeys(text for text in texts if text))


def _is_somebody(message: Message, match: re.Match[str]) -> bool:
    """Whether "with …" names a person: with a capital, or with a wish behind it."""
    words_ = match[0].split()
    return words_[0] not in ("with", "con") or len(words_) > 2 or message.typed[match.end() - len(words_[-1])].isupper()


def _is_inside(span: Span, others: list[Span]) -> bool:
    return any(span.overlaps(other) for other in others)


def _read_sentence(free: str, sentence: re.Match[str], found: list[Span]) -> list[Span]:
    """The clauses of one sentence that tell something, and ask nothing; those side by side are one."""
    start, end = sentence.span()
    asks = "?" in sentence[0] or is_question(sentence[0].strip())
    spans: list[Span] = []
    for span in _find_clauses(free, start, end, found):
        if asks and (is_question(free[span.start : span.end]) or not _TELLS.match(free, span.start)):
            break
        if spans and "|" not in free[spans[-1].end : span.start]:
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            spans.append(span)
    return spans


def _find_clauses(free: str, start: int, end: int, found: list[Span]) -> Iterator[Span]:
    last: Span | None = None
    for piece_start, piece_end in _cut_pieces(free, start, end):
        span = _trim(free, piece_start, piece_end)
        if span is None or _is_inside(span, found):
            continue
        text = free[span.start : span.end]
        if "|" in text:
            tells = _TELLS.search(text)
            if tells is None or "|" in text[tells.start() :].rstrip("| ") or has_request(text[tells.start() :]):
                continue
            span = Span(span.start + tells.start(), span.start + len(text.rstrip("| ")))
            text = free[span.start : span.end]
        goes_on = last is not None and _ENUMERATES.fullmatch(free, last.end, span.start) is not None
        if _counts(text, is_tail=goes_on):
            last = span
            yield span


def _cut_pieces(free: str, start: int, end: int) -> list[tuple[int, int]]:
    pieces, at = [], start
    for cut_ in _PIECE.finditer(free, start, end):
        pieces.append((at, cut_.start()))
        at = cut_.end()
    pieces.append((at, end))
    return pieces


def _trim(free: str, start: int, end: int) -> Span | None:
    """The piece without bars and blanks at its ends."""
    text = free[start:end]
    if _CLAIMED_NEXT.match(free, end) or text.endswith("|"):
        text = _DANGLING.sub("", text.rstrip("| "))
    left = len(text) - len(text.lstrip("| \t\n,.;:!-()"))
    right = len(text.rstrip("| \t\n,.;:!-()"))
    return Span(start + left, start + right) if right > left else None


def _counts(text: str, *, is_tail: bool) -> bool:
    """Whether a clause says something a business wants to know; a word is enough behind one that does."""
    if is_only_filler(text) or has_request(text) or _MENDS.search(text):
        return False
    content = [word for word in _WORD.findall(text) if word not in _EMPTY]
    return bool(content) and (len(content) >= (1 if is_tail else 2) or _TELLS.search(text) is not None)


def _join_close(spans: list[Span], message: Message) -> list[Span]:
    return [span for span in spans if tidy(message.slice(span.start, span.end))]


def _tidy_note(typed: str) -> str:
    text = tidy(typed)
    lead = _LEADING.match(text.lower())
    return tidy(text[lead.end() :]) if lead else text
