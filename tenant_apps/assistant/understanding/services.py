"""Finds which of the tenant's services is asked for, in spite of typos, in either language; else what is, as typed."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz

from tenant_apps.assistant.understanding.text import Message, Span, fold, tidy
from tenant_apps.assistant.understanding.vocabulary import names, words

_DATA = tomllib.loads(Path(__file__).with_name("service_words.toml").read_text(encoding="utf-8"))
_GENERAL: frozenset[str] = frozenset(_DATA["general"])
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_MAX_WORDS = 6
# A short word is only itself: one typo makes another word of it.
_EXACT_UNTIL, _ONE_TYPO_UNTIL = 4, 6
_ENDINGS = ("s", "d", "ed")
_SHORT_SCORE, _LONG_SCORE = 88.0, 84.0

_REJECTED = re.compile(
    r"(?:\b(?:not|no|instead of|rather than|don'?t (?:want|need)|skip|drop|remove|forget|take off|no longer|"
    r"quitar?|elimina\w*|sac(?:a|ar)|without|en (?:vez|lugar) de|"
    r"no quiero|sin|ya no|(?:my|his|her|their|mi|su) (?:very )?(?:first|last|primer|ultimo))\s+(?:el |la |los |"
    r"las |the |a |an |un |una |any )?(?:quiero |want |need )?)$"
)
_PAST = re.compile(
    r"\b(?:i (?:had|got|did|already had|have had)|last (?:time|month|week|year)|previously|me (?:hice|"
    r"hicieron)|tuve|la ultima vez|ya me|el mes pasado|used to)\b[^,.;!?]*$"
)
ASKS_FOR = (
    r"(?:(?:can|could|may|would) (?:i|we|you|u)(?: guys)?(?: please| pls| possibly)? (?:get|have|book|do|"
    r"schedule|make|come in|request|set up|fit|squeeze|grab|reserve|arrange|give|take)(?: (?:me|us|him|her|in))?|"
    r"i(?:'?d| would| wld)? (?:really )?(?:like|lo+ve|wa+nt|wanna|ne+d|prefer)(?: to)?(?: (?:get|have|book|"
    r"do|schedule|make|come in|try|request|set up|arrange|reserve|see))?|i(?:'?m| am) (?:looking|"
    r"interested|hoping|trying|calling|wanting)(?: for| in| to)?(?: (?:get|have|book|do|schedule|"
    r"make|come in|try))?|"
    r"(?:we|he|she|they)(?:'?d)? (?:need|want|like)s?(?: to)?(?: (?:get|have|book|do|schedule))?|"
    r"looking (?:for|to)(?: (?:get|book|schedule|have))?|hoping (?:for|to)(?: (?:get|book))?|"
    r"want(?:ed)?(?: to)?(?: (?:get|book|schedule|have|do))?|need(?: to)?(?: (?:get|book|schedule|"
    r"have))?|wanna(?: (?:get|book|have|do))?|"
    r"(?:let'?s|please|pls|just)? ?(?<!\bmy )(?<!\bthe )(?<!\byour )(?:book|schedule|get|make|give)(?: me| us)?|"
    r"interested in|"
    r"do you have (?:time|room|space|any(?:thing| (?:openings?|availability|slots?|time|spots?))?|"
    r"availability|an opening|a slot)(?: for| to do)?|any (?:chance|openings?|availability|slots?|"
    r"spots?|room)(?: (?:for|of|to get))?|is there (?:any )?(?:time|room|availability|a slot|"
    r"a spot)(?: for)?|got (?:time|room|space) for|make it|change (?:it|that) to|"
    r"switch (?:it |that )?to|"
    r"(?:quiero|quisiera|queria|kiero|necesito|busco|deseo|me gustaria|ocupo|me interesa|ando buscando|"
    r"estoy buscando|prefiero|pueden|podria|podrian|podeis|podrias|podriais|puedo|se puede|me puedes|me pueden|me "
    r"podrian|"
    r"podemos|necesitamos|queremos|hay|tienen|tendran|tienes)(?: (?:(?:hacer|hacerme|hacerle|"
    r"agendar|pedir|sacar|apartar|reservar|tener|una? (?:cita|turno|hora|espacio|lugar|"
    r"hueco) (?:para|de)|cita (?:para|de)|espacio (?:para)?|disponibilidad (?:para)?|"
    r"lugar (?:para)?|hueco (?:para)?|hora para|darme|dar|ponerme|probar))){0,2}|"
    r"(?:una? )?(?:cita|turno) (?:para|de)|(?:an )?(?:appointment|appt|apt|slot|spot|time|opening|"
    r"booking) for|cambialo (?:por|a)|mejor)"
)
# What one may ask to do that is no service.
_NO_WISH = (
    r"(?:pay|pagar|know|saber|ask|preguntar|call|llamar|park|talk|speak|hablar|your|su|sus|tu|"
    r"the (?:address|phone|hours|"
    r"prices?|location|number)|directions|an? (?:refund|receipt|human|person)|cancel|reschedul|tell|decir|"
    r"see me|help me|atender\w*|ver\w*|recibir\w*|ayudar\w*|"
    r"bring|llevar|traer|see\b|use\b|usar|leave|wait|esperar|pick|drop|llegar|pasar|ir\b|be\b|look|feel)"
)
_REQUEST = re.compile(rf"(?<![a-z]){ASKS_FOR}\s+(?!(?:to )?{_NO_WISH})")
_ARTICLE = re.compile(
    r"^(?:(?:a|an|the|some|my|our|your|one|also|please|pls|to|get|have|do|book|schedule|un[ao]?s?|el|la|"
    r"los|las|mi|mis|hacerme|hacer|de|another|new|quick|for|in|para|porfa|por favor|try|come in for|me)\s+)+"
)
_STOP = re.compile(
    r"\s(?:for|on|at|with|by|in|this|next|tomorrow|please|pls|when|if|because|and|but|thanks|thank|asap|so|"
    r"to|around|before|after|sometime|instead|para|el|la|en|con|por|pero|y|porque|si|cuando|gracias|"
    r"porfa|a las|este|esta|de preferencia|as|can|could|my (?:name|number|phone|email|cell|\w+ is|\w+ has)|mi "
    r"(?:nombre|numero|telefono|correo|\w+ es)|it|i|i'm|que|available|disponible|"
    r"done on)(?=\s|$)|[|,.;:!?()\n]"
)
_GIVEN = names("given")
_NOTHING = words("no_service")
# Who shall come is asked for by what they shall do: the wish goes on to the end of the clause.
_SOMEONE = re.compile(
    r"(?:(?:someone|somebody|alguien) (?:to|who can|who could|que)|help with|quien (?:me|nos|le))\b(?:(?!\s(?:on|"
    r"at|please|pls|for|this|next|asap|thanks|el|para|por)\s)"
    r"[^|,.;:!?()\n])*"
)
_ONLY_ASKS = re.compile(
    rf"(?:(?:nomas|solo|solamente|just|only|u+m+|uh+|well|pues|bueno|so|i (?:think|guess|suppose)|maybe|probably|"
    rf"perhaps|creo que|tal vez|quizas)\s+)*{ASKS_FOR}\s+|"
    r"(?:(?:i (?:think|guess|suppose)|maybe|probably|perhaps|creo que|tal vez|quizas)\s+(?:just\s+|"
    r"solo\s+)?(?:an?\s+|una?\s+)?)+"
)
_PRICE_OF = re.compile(
    r"\b(?:charge|cost|costs|price|prices|much|cuesta|cuestan|vale|precio|cobran)(?: (?:is|are|does|do|for|of|por|"
    r"de|tiene|un|una|el|la|an|a|the|"
    r"your))+ ([a-zñ][a-zñ' -]{2,40}?)(?= costs?\b|\s*[?.,;!]|\s*$)"
)
_VERBS = words("tell_first")
# A thing that one comes for, whatever it is called in full.
_HEAD = re.compile(
    r"(?:^|[.,;!?|\n]\s*)((?:[a-zñ'-]+ ){0,3}(?:massage|session|class|lesson|treatment|facial|wax|cut|service|"
    r"masaje|sesion|clase|"
    r"tratamiento|corte|servicio|limpieza)s?(?: (?:de |con |en )?(?!please|pls|thanks|for|on|at|with|por|el|la|"
    r"para|y|este|esta|"
    r"hoy|lunes|is|was|and|if|in|to|today)[a-zñ]+){0,2})\b"
)


@dataclass(frozen=True, slots=True)
class _Found:
    span: Span
    name: str
    score: float


@lru_cache(maxsize=2_000)
def _spellings(name: str) -> tuple[str, ...]:
    """Every way a service of a list may be written, folded: its own name, and the words that mean the same."""
    own = fold(name)
    known = [own]
    for same in _DATA["same"]:
        if _squeeze(own) == _squeeze(same[0]) or own in same:
            known += same
    return tuple(dict.fromkeys(known))


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).replace("ñ", "n")


@dataclass(frozen=True, slots=True)
class _Index:
    """A list's spellings, squeezed: which service each stands for; by first letter, those that a typo may have made."""

    exact: Mapping[str, str]
    near: Mapping[str, tuple[tuple[str, int, str], ...]]


@lru_cache(maxsize=500)
def _build_index(services: tuple[str, ...]) -> _Index:
    """The index of a list.

    A spelling that two services share belongs to its first exact owner; a single word that only one has stands for it.
    """
    spellings: dict[str, tuple[int, str]] = {}
    words: dict[str, set[str]] = {}
    for name in services:
        spellings.setdefault(_squeeze(fold(name)), (len(_WORD.findall(name)), name))
        for word in _WORD.findall(fold(name)):
            words.setdefault(word, set()).add(name)
    for name in services:
        for spelling in _spellings(name):
            spellings.setdefault(_squeeze(spelling), (len(_WORD.findall(spelling)), name))
    for word, names_ in words.items():
        if len(names_) == 1 and word not in _GENERAL and len(word) > _EXACT_UNTIL:
            spellings.setdefault(word, (1, next(iter(names_))))
    exact = {spelling: name for spelling, (_count, name) in spellings.items()}
    near: dict[str, list[tuple[str, int, str]]] = {}
    for spelling, (count, name) in spellings.items():
        for ending in _ENDINGS if len(spelling) > 2 else ():
            exact.setdefault(spelling + ending, name)
        if len(spelling) > _EXACT_UNTIL:
            near.setdefault(spelling[0], []).append((spelling, count, name))
    return _Index(exact, {letter: tuple(each) for letter, each in near.items()})


def claim_services(message: Message, services: tuple[str, ...]) -> str:
    """Claim the services of the list that the message asks for; returns them joined by " + ", "" for none."""
    found = sorted(_choose(_find_all(message, services)), key=lambda each: each.span)
    wanted = dict[str, None]()
    for each in found:
        if each.name in wanted:
            continue
        message.claim_service(each.span.start, each.span.end)
        if not _is_rejected(message, each.span):
            wanted[each.name] = None
    return " + ".join(wanted)


def _is_rejected(message: Message, span: Span) -> bool:
    before = message.folded[max(0, span.start - 60) : span.start]
    return bool(_REJECTED.search(before) or _PAST.search(before))


def _find_all(message: Message, services: tuple[str, ...]) -> Iterator[_Found]:
    words = list(_WORD.finditer(message.blanked()))
    for at in range(len(words)):
        for count in range(1, min(_MAX_WORDS, len(words) - at) + 1):
            start, end = words[at].start(), words[at + count - 1].end()
            if not message.is_free(start, end) or re.search(r"[.;!?|\n]", message.folded[start:end]):
                break
            squeezed = _squeeze(message.folded[start:end])
            name, score = _find(services, squeezed, count)
            if name:
                yield _Found(Span(start, end), name, score)


@lru_cache(maxsize=20_000)
def _find(services: tuple[str, ...], squeezed: str, count: int) -> tuple[str, float]:
    """The service that a stretch of `count` words spells, and how well: 100 and more for itself; "" for none."""
    index = _build_index(services)
    name = index.exact.get(squeezed)
    if name:
        return name, 100.0 + len(squeezed) / 100
    if len(squeezed) <= _EXACT_UNTIL:
        return "", 0.0
    best = "", 0.0
    for spelling, size, name in index.near.get(squeezed[0], ()):
        if abs(len(squeezed) - len(spelling)) <= 3 and abs(count - size) <= 1:
            score = fuzz.ratio(squeezed, spelling)
            limit = _SHORT_SCORE if len(spelling) <= _ONE_TYPO_UNTIL else _LONG_SCORE
            if score >= limit and score > best[1]:
                best = name, score
    return best


def _choose(found: Iterator[_Found]) -> list[_Found]:
    """The best of those that overlap: the surest first, then the longest."""
    chosen: list[_Found] = []
    for each in sorted(found, key=lambda each: (-min(each.score, 100.0), -(each.span.end - each.span.start))):
        if not any(each.span.overlaps(other.span) for other in chosen):
            chosen.append(each)
    return chosen


def claim_other_service(message: Message) -> str:
    """Claim what is asked for where it is none of the list: the words after the asking, as typed; "" for none."""
    text = message.blanked()
    for request in _REQUEST.finditer(text):
        start = request.end()
        someone = _SOMEONE.match(text, start)
        if someone:
            message.claim_service(*someone.span())
            return tidy(message.slice(*someone.span()))
        article = _ARTICLE.match(text[start:])
        if article:
            start += article.end()
        stop = _STOP.search(text, start - 1 if start and text[start - 1] == " " else start)
        end = min(stop.start() if stop else len(text), start + 80)
        phrase = tidy(message.slice(start, end))
        words = _WORD.findall(fold(phrase))
        if (
            words
            and len(words) <= _MAX_WORDS
            and not set(words) <= _NOTHING
            and (words[0] not in _NOTHING or words[:2] == ["someone", "to"])
            and _WORD.match(fold(phrase))
            and not (phrase[0].isupper() and words[0] in _GIVEN and len(words) == 1)
        ):
            message.claim_service(start, end)
            return phrase
    head = _HEAD.search(text)
    if head and not _REQUEST.search(text + " "):
        article = _ARTICLE.match(head[1] + " ")
        start = head.start(1) + (article.end() if article else 0)
        phrase = tidy(message.slice(start, head.end(1)))
        said = _WORD.findall(fold(phrase))
        if said and not set(said) <= _NOTHING and said[0] not in _NOTHING | _VERBS and len(said) <= 4:
            message.claim_service(start, head.end(1))
            return phrase
    return ""


def find_asked_about(text: str, typed: str) -> str:
    """What a question about prices is about, as typed; "" for nothing."""
    match = _PRICE_OF.search(text)
    return tidy(typed[match.start(1) : match.end(1)]) if match else ""


def strip_request(typed: str) -> str:
    """A service as it was typed, without the words that ask for it."""
    asks = _ONLY_ASKS.match(fold(typed))
    rest = typed[asks.end() :] if asks else typed
    return rest if _WORD.search(rest) else typed


def has_request(text: str) -> bool:
    """Whether folded text asks for something to be done, not only about it."""
    return _REQUEST.search(text + " ") is not None
