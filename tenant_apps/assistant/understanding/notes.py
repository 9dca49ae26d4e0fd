"""Finds what else the business should know: what is left once everything else is understood."""

import re
from collections.abc import Iterator

from tenant_apps.assistant.understanding.intents import is_only_filler
from tenant_apps.assistant.understanding.services import has_request
from tenant_apps.assistant.understanding.text import Message, Span, tidy
from tenant_apps.assistant.understanding.vocabulary import words

_MARKED = re.compile(
    r"\b(?:(?:add|mention|tell (?:them|her|him)|let (?:them|her|him) know|agreg\w+|anot\w+|apunt\w+|pon(?:ga|"
    r"gan)?|mencion\w+|"
    r"dil(?:es?)|avis\w+|que sepan)(?:\s+(?:that|que)(?=\s)|(?=\s(?:i|i'?ll|i'?m|i'?ve|we|my|he|she|it(?!'?s for)|"
    r"there)\b))|notes?|notas?|fyi|ps|p\.s\.?|heads up|please note(?: that)?|just so you know|para que sepan|ojo|"
    r"nb)\s*[:,.-]?\s+([^.!?\n]+)"
)
# Clauses that tell something about the visitor or the visit, wherever they stand.
_TELLS = re.compile(
    r"(?<![a-z'])(?:(?:i'?m|i am|im|she'?s|he'?s|we'?re|they'?re|my \w+(?: \w+)? (?:is|are|has|have|was)|"
    r"we'?(?:d|ll) be|seremos|it (?:should|will|won'?t)|my (?:\w+ ){1,2}(?:will|had|can|needs?|does|gets?|just|"
    r"won'?t|can'?t|doesn'?t)|i have|i've|ive|i had|i got|i was|i just|i used|i only|i can only|i don'?t|i do not|"
    r"i can'?t|"
    r"i cannot|we have|he has|she has|it has|it'?s got|it'?s my|it is my|its my|this is my|"
    r"it will be my|there (?:is|are|will be)|it'?s (?:for|a|an|been|very|really|pretty)|"
    r"its (?:for|a|an|been|very|really)|"
    r"my (?:son|daughter|kids?|child|husband|wife|mom|mother|dad|father|dog|cat|puppy|car|truck|lab|"
    r"\w+ \w+)(?=$| needs?\b| wants?\b| \|)|"
    r"tooth ?ache|pain|broken|chipped|cracked|stuck|clogged|swollen|bleeding|dolor|rot[oa]|"
    r"first[ -]?time|first visit|new (?:client|customer|patient|here)|allergic|never (?:been|had|done)|"
    r"for my \w+|with (?:[a-z]+) (?:if|please|again)|prefer|preferably|prefier\w+|referred|a friend|"
    r"(?:no|not in a) (?:rush|hurry)|sin prisa|no (?:hay|tengo) prisa|\d+ ?(?:min(?:ute|uto)?s?|hours?|hrs?|horas?)\b|"
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
# A clause about before, or never: the service and the time in it are part of what is told.
_BEFORE = re.compile(
    r"(?<![a-z'])(?:(?:i'?ve|i have|she'?s|he'?s|we'?ve|she has|he has) (?:never|always|already|only ever)|it'?s "
    r"been|it has been|"
    r"i think (?:i have|i'?ve|it'?s|i need)|creo que tengo|(?:i was|they|somebody|someone) told|me dijeron|i "
    r"(?:have|had) (?:a|some) questions?|tengo una (?:duda|pregunta)|"
    r"it'?s (?:my|his|her|their) first|es (?:mi|su) primer[ao]?|i (?:just |recently |accidentally )?(?:lost|broke|"
    r"chipped|cracked|hurt|fell|cut|burned|injured|pulled|twisted|spilled|scratched|dented|damaged|"
    r"dyed|bleached|shaved|moved)|my last (?!name)|(?:the )?last time|nunca (?:me )?(?:he|ha|hemos|hice)|ya me "
    r"(?:hice|hicieron)|(?:la|mi) ultima (?:vez|cita)|"
    r"hace (?:mucho|tiempo|un|unos|dos|tres|\d+)|siempre (?:me|he))\b[^,.;!?\n]*"
)
# What or whom it is for: "on a 2009 Civic", "for our team of 8", "para cambiar unos enchufes".
_OBJECT = re.compile(
    r"(?<![a-z'])(?:for|on|in|of|to|para|de|a|en)\s+(?:my|our|his|her|their|a|an|one|both|me and|mi|mis|"
    r"nuestr[oa]s?|un|una|unos|"
    r"unas|\d{1,4}|two|three|four|five|six|ten|dos|tres|cuatro|cinco|seis|[a-z]+ing|[a-zñ]{2,}(?:ar|er|"
    r"ir)(?:l[eoa]s?)?)\s+"
    r"(?!of\b|to\b)(?:(?!\s(?:can|could|would|(?<!who )(?:is|are)|i|i'm|we|but|so|because|please|pls|thanks|if|"
    r"when|on|this|next|at|"
    r"pero|porque|si|cuando|gracias|por favor|el|este|and (?:i|can|could|is|we|my name)|y (?:me|soy|quiero))\b)[^|"
    r",.;!?\n()])+"
)
_ASKS = re.compile(
    r"(?:what|whats|where|wheres|how|which|who|why|do (?:you|u|ya|y'?all)|does|are (?:you|u|there)|is (?:there|it|"
    r"that|this)|r u|"
    r"can (?:i|you|u|we)|could (?:i|you|u|we)|would (?:you|it)|que|cual|cuales|cuanto|cuantos|donde|quien|a que hora)\b"
)
_COPULA = re.compile(
    r"(?<![a-z'])(?:it'?s|it is|he'?s|she'?s|they'?re|i'?m|we'?re|he is|she is|i am|es|son|soy|estoy|esta|somos|"
    r"tiene)\s+$"
)
# Who shall get it: "can my daughter Lily (7) get …".
_SUBJECT = re.compile(
    r"(?:\b(?:can|could|would|will|may|puede|podria)\s+)(my (?:son|daughter|kid|child|husband|wife|mom|mother|dad|"
    r"father|sister|brother|friend|"
    r"dog|cat|puppy|boyfriend|girlfriend|partner)(?: [a-z]+)??(?:,? ?\(?\d{1,2}(?: years? old)?\)?)?)(?=,? (?:get|"
    r"have|come|be|see|do|try|please)\b)"
)
_NEEDS = re.compile(
    r"(?:needs?|(?:i|we|he|she|they|it)(?:'?ll|'?d| will| would| also)? (?:also |do |still )?(?:needs?|requires?|"
    r"want|prefers?|like|love)|necesit\w+|prefier\w+|"
    r"vamos a necesitar|ocup(?:o|amos))\b(?! (?:to|it|this|that|you|un[ao]? (?:cita|turno)|(?:an? "
    r")?(?:appointment|appt|booking|time|slot)))"
)
# What stands behind the service and says more of it: "about acne scars", "for LinkedIn", "with Dana".
_ABOUT = re.compile(
    r"\s+(?:(?:appt|appointment|session|treatment|visit|cita|sesion)\s+)?((?:about|regarding|for|with|without|"
    r"using|sobre|sin|con|para|en)\s+"
    r"(?!(?:me|us|the|you|your|someone|somebody|it|this|that|next|them|mi|la|el|los|las|ustedes|usted|alguien)\b)"
    r"(?:(?!\s(?:can|could|would|is|are|i|i'm|we|but|so|because|please|pls|thanks|if|when|on|this|next|at|in|and|"
    r"pero|porque|si|cuando|gracias|por favor|"
    r"el|este|y)\b)[^|,.;!?\n()])+)"
)
_WHERE = re.compile(
    r"\s+(outdoors?|indoors?|online|in person|at home|on[- ]site|al aire libre|a domicilio|(?:at|in|near|by|"
    r"outside|en)\s(?:the|my|our|la|el|mi)\s(?!same|mean|way|first|next|end)[^\W\d_]+)(?=\s*(?:[,.;!?|\n]|$|(?:on|"
    r"in|at|for|el)\b))"
)
# Who comes along, and how they are to be seen.
_COMPANY = re.compile(
    r"(?<![a-z])(?:(?:for )?(?:both|all|the two|the three|two|three|four) of us|me (?:\+|and|&|plus) [^,.;!?|\n]+|"
    r"(?:for )?(?:\d{1,2}|two|three|"
    r"four|five|six|dos|tres|cuatro) (?:people|persons|guests|friends|kids|children|adults|personas|amig[oa]s|"
    r"ni[nñ]os|adultos)|"
    r"my [a-z]+ and (?:i|me)|at the same time|back to back|al mismo tiempo|somos (?:\d{1,2}|dos|tres|cuatro|cinco|"
    r"seis))(?![a-z])(?=\s*(?:[,.;!?|\n]|$|(?:for|on|at|in|this|"
    r"next|para|el|en|would|want|need|both)\b))"
)
_OF_SLOT = re.compile(
    r"(?:please )?(?:use|try|prefer) (?:my|the|mi|el) (?:e-?mail|phone|cell|number|correo|telefono|celular)\b|"
    r"(?:no,? )?(?:my|mi|the|el|la) (?:e-?mail|correo|mail|phone|number|cell|telefono|numero|celular|name|nombre|"
    r"time|hora|date|fecha|service|"
    r"servicio|schedule|agenda|horario)(?= (?:is|es|esta|should|debe|was|number|address|changed)\b)"
)
_STATES = re.compile(
    r"\bi (?:always |usually |often )?get (?!it\b|in\b|to\b|an? (?:appointment|appt|slot)\b)|(?:hay|tenemos|"
    r"tiene) (?!(?:algun\w* |un |una )?(?:lugar|espacio|hueco|citas?|chance|turnos?|disponib\w+|hora|cupo|algo|"
    r"tiempo)\b)"
)
_LEADS_TO_TIME = re.compile(
    r"(?:and |so |but |y |pero )?(?:i|we|i'?ll|i'?m|i'?d|could|can|would|put|pull|switch|squeeze|fit|sign|yo|"
    r"please|if not|maybe|let'?s|lets|hoping|thinking|puedo|podria|podemos|paso|voy|"
    r"iria|llego|llegaria|me viene|estoy libre|seria|prefer\w*)\b"
)
_LEADING = re.compile(
    r"^(?:(?:(?:i )?(?:forgot|wanted|should) to (?:say|mention|add|tell you)(?: that)?|(?:se me olvido|olvide) "
    r"(?:decir|mencionar)(?:les)?(?: que)?|"
    r"si puede ser|si se puede|if possible|puede ser|and|also|btw|by the way|but|oh|oh and|so|well|plus|fyi|note|"
    r"notes|nota|notas|"
    r"hola|hi|hey|hello|yeah|yes|yep|ok|okay|sure|no(?=,)|si|can|could|sip|oye|additionally|y|tambien|ademas|por "
    r"cierto|pero|ah|ah y|bueno|solo que|es que|que sepan que|"
    r"because|since|cuz|as|porque|ya que|pues|sepan que)[\s,:.-]+)+"
)
# Words that only lead to what others understood.
_DANGLING = re.compile(
    r"(?:(?:^|\s)(?:is due|due|is|are|also|tambien|so|maybe|then|that|que|which|and|but|y|pero|for|on|at|with|to|"
    r"by|in|a|an|the|needs?|wants?|para|el|la|los|las|"
    r"un|una|con|en|"
    r"de|necesita|quiere))+$"
)
_CLAIMED_NEXT = re.compile(r"\s*(?:(?:for|on|at|in|to|by|like|as|a|an|the|para|de|el|la|un|una)\s+)*\|")
_ENUMERATES = re.compile(r"\s*(?:,|-|\(|and|y|but|pero)?\s*")
_MENDS = re.compile(
    r"\btypo\b|\bmisspel\w+|^(?:with|con|without|sin) (?:an? |una? )?[a-z]\b|\b(?:wrong|incorrect|not right|i "
    r"meant?|quise decir|quiero decir|equivocad[oa]|(?:esta|es) mal)\b"
)
_SENTENCE = re.compile(r"[^.!?;\n¿]+(?:[!?.;]+|$|\n|(?=¿))|[\n¿]")
_PIECE = re.compile(
    r"\s*(?:,|\s-\s|\(|\)|\||(?<=\s)(?:and|but|y|pero|so|because|since|porque|ya que|also|tambien|"
    r"que)(?=\s(?:i|i'm|im|i've|she|he|we|it|it's|its|my|this|there|she's|he's|soy|tengo|es|estoy|mi|"
    r"somos|nunca|no|me|traigo|seria|vengo|also|tambien|yo|para|primera|first)\b))\s*"
)
_EMPTY = words("say_nothing")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def find_marked(message: Message) -> list[Span]:
    """What the visitor calls a note, or asks us to add."""
    free = message.blanked()
    marked = [Span(*match.span(1)) for match in _MARKED.finditer(message.folded)]
    return [span for span in marked if _says(free[span.start : span.end])]


def read_notes(message: Message, events: list[Span]) -> str:
    """The notes in what nobody else claimed, as typed, joined by ". "; "" for none."""
    free = message.blanked()
    found: list[Span] = []
    for candidates in (
        find_marked(message),
        events,
        _find_before(message),
        _find_objects(message, free),
        _find_whom(message, free),
        _find_about(message, free),
        _find_company(free),
    ):
        for span in candidates:
            if not _is_inside(span, found):
                found.append(span)
    for sentence in _SENTENCE.finditer(free):
        found += _read_sentence(message, free, sentence, found)
    texts = [tidy_note(message.slice(span.start, span.end)) for span in _join_close(sorted(found), message)]
    return ". ".join(dict.fromkeys(text for text in texts if text))


def _find_before(message: Message) -> Iterator[Span]:
    """Whole clauses about before, with the service and the time in them; not those that are what is asked for."""
    for match in _BEFORE.finditer(message.folded):
        span = Span(*match.span())
        is_service = any(span.overlaps(service) and service.start <= span.start for service in message.services)
        if not is_service and not _is_asked(message, span):
            yield span


def _find_objects(message: Message, free: str) -> Iterator[Span]:
    """What it is for, where the clause around it does not tell more."""
    for match in _OBJECT.finditer(free):
        span = _trim(free, *match.span())
        if span is None or _tells_before(free, span.start) or _leads_to_service(message, span.end):
            continue
        if _says(match[0]):
            yield _with_copula(free, span)


def _find_whom(message: Message, free: str) -> Iterator[Span]:
    """Whom it is for, and by whom it shall be done."""
    for match in _FOR_WHOM.finditer(free):
        if _is_somebody(message, match):
            yield _with_copula(free, Span(*match.span()))
    for match in _SUBJECT.finditer(free):
        yield Span(*match.span(1))


def _find_about(message: Message, free: str) -> Iterator[Span]:
    """What stands right behind a service."""
    for service in message.services:
        about = _ABOUT.match(free, service.end) or _WHERE.match(free, service.end)
        span = _trim(free, *about.span(1)) if about else None
        if span and not _leads_to_service(message, span.end) and _says(free[span.start : span.end]):
            yield span


def _find_company(free: str) -> Iterator[Span]:
    """Who comes along."""
    for match in _COMPANY.finditer(free):
        if not _tells_before(free, match.start()):
            yield Span(*match.span())


def _is_somebody(message: Message, match: re.Match[str]) -> bool:
    """Whether "with …" names a person: with a capital, or with a wish behind it."""
    words_ = match[0].split()
    return words_[0] not in ("with", "con") or len(words_) > 2 or message.typed[match.end() - len(words_[-1])].isupper()


def _with_copula(free: str, span: Span) -> Span:
    before = _COPULA.search(free, 0, span.start)
    return Span(before.start(), span.end) if before else span


def _is_asked(message: Message, span: Span) -> bool:
    """Whether a clause is a question; to have one is none."""
    clause = message.folded[span.start : span.end]
    return message.folded[span.end : span.end + 1] == "?" and not re.search(r"\b(?:questions?|duda|pregunta)\b", clause)


def _tells_before(free: str, start: int) -> bool:
    """Whether the clause that goes on there tells something as a whole."""
    begin = max(free.rfind(mark, 0, start) for mark in ".,;:!?\n|¿(") + 1
    asked = free[begin:start].lstrip()
    clause = _LEADING.sub("", asked)
    if _COPULA.search(free, 0, start):
        return False
    return _TELLS.match(clause) is not None or (not has_request(asked + " x") and _says(clause))


def _leads_to_service(message: Message, end: int) -> bool:
    """Whether what ends there only describes the service that follows: "for a quick" haircut."""
    return any(not message.folded[end : span.start].strip() for span in message.services if span.start >= end)


def _says(text: str) -> bool:
    return any(word not in _EMPTY for word in _WORD.findall(text)) or any(character.isdigit() for character in text)


def _is_inside(span: Span, others: list[Span]) -> bool:
    return any(span.overlaps(other) for other in others)


def _read_sentence(message: Message, free: str, sentence: re.Match[str], found: list[Span]) -> list[Span]:
    """The clauses of one sentence that tell something, and ask nothing; those side by side are one."""
    start, end = sentence.span()
    is_asked = "?" in sentence[0]
    spans: list[Span] = []
    for span in _find_clauses(message, free, start, end, found):
        # The mark of a question belongs to its last clause; an earlier one asks by its first word.
        is_last = not free[span.end : end].strip(" ?!.,|")
        if _ASKS.match(free, span.start) or (is_asked and is_last and not _TELLS.match(free, span.start)):
            break
        if spans and "|" not in free[spans[-1].end : span.start]:
            spans[-1] = Span(spans[-1].start, span.end)
        else:
            spans.append(span)
    return spans


def _find_clauses(message: Message, free: str, start: int, end: int, found: list[Span]) -> Iterator[Span]:
    last: Span | None = None
    for piece_start, piece_end in _cut_pieces(free, start, end):
        span = _trim(free, piece_start, piece_end)
        if span is None or _is_inside(span, found):
            continue
        text = free[span.start : span.end]
        if _LEADS_TO_TIME.match(text) and _CLAIMED_NEXT.match(free, span.end):
            content = [word for word in _WORD.findall(text) if word not in _EMPTY]
            if len(content) <= 1 or not _TELLS.search(text):
                continue
        goes_on = any(
            each.end <= span.start and _ENUMERATES.fullmatch(free, each.end, span.start) is not None
            for each in ([last] if last else []) + found
        )
        is_alone = (
            not message.is_answer
            and " " in text
            and "|" not in free[max(0, span.start - 4) : span.start] + free[span.end : span.end + 4]
        )
        if _counts(text, is_tail=goes_on, is_alone=is_alone, has_service=message.has_service):
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


def _counts(text: str, *, is_tail: bool, is_alone: bool, has_service: bool) -> bool:
    """Whether a clause says something a business wants to know; a word is enough behind one that does. What one needs
    beside the service is told, not asked for."""
    if is_only_filler(text) or _MENDS.search(text) or _OF_SLOT.match(text):
        return False
    content = [word for word in _WORD.findall(text) if word not in _EMPTY]
    if has_request(_STATES.sub("", text)) and not (has_service and _NEEDS.match(text) and content):
        return False
    if not content:
        return is_tail and _TELLS.match(text) is not None
    least = 1 if is_tail or is_alone or _NEEDS.match(text) else 2
    return len(content) >= least or _TELLS.search(text) is not None


def _join_close(spans: list[Span], message: Message) -> list[Span]:
    """The spans that hold something, in order; those with nothing but a blank or a comma between them are one."""
    joined: list[Span] = []
    for span in spans:
        if not tidy(message.slice(span.start, span.end)):
            continue
        if joined and message.typed[joined[-1].end : span.start] in (" ", ", ", " and ", " y "):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


_POLITE = re.compile(r"[\s,]*\b(?:please|pls|plz|por favor|porfa(?:vor)?|thanks|thank you|gracias)\W*$", re.IGNORECASE)


def tidy_note(typed: str) -> str:
    """A note without what only leads to it."""
    text = tidy(_POLITE.sub("", typed))
    if text.count("(") > text.count(")"):
        text += ")"
    lead = _LEADING.match(text.lower())
    return text[lead.end() :].lstrip(" ,.:-") if lead else text
