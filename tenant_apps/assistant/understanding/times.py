"""Finds the words about when. They are kept as typed; no date is made of them: the provider's calendar decides."""

import re
from typing import Final

from tenant_apps.assistant.understanding.text import Message, Span, fold, tidy

_NUMBER = (
    r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|una?|dos|tres|cuatro|cinco|"
    r"seis|siete|ocho|nueve|diez|once|doce)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|"
    r"oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|"
    r"noviembre|diciembre|"
    r"ene|abr|ago|dic)\.?"
)
_DAY = (
    r"(?:(?:week ?nights?|mon|tues?|wed(?:nes)?|weds|thur?s?|fri|satur|sat|sun)(?:days?|s)?|m[oi]nday|wendsday|wensday|"
    r"wednsday|thrusday|"
    r"lunes|martes|miercoles|mierc|jueves|juevez|viernes|vierns|vie|sabados?|domingos?)\.?"
)
_PART = (
    r"(?:(?:noon|midday)[ -]?ish|mornings?|morn|noon|midday|lunch ?time|lunch|afternoons?|aft|evenings?|nights?|"
    r"nite|midnight|"
    r"ma[nñ]anas?|ma[nñ]anita|mediodia|tardes?|tardecita|noches?|madrugada)"
)
_MERIDIEM = r"(?:[ap]\b|\s?(?:a\.?m\b\.?|p\.?m\b\.?|hrs?\b|h\b|o'?clock\b))"
_CLOCK = (
    rf"(?:\d{{1,2}}[:.]\d{{2}}{_MERIDIEM}?|\d{{1,2}}h\d{{2}}|{_NUMBER}{_MERIDIEM}|\d{{1,2}}\s?-?ish\b|"
    rf"(?<=at )\d{{3,4}}(?!\d)|half past {_NUMBER}|(?:a )?quarter (?:past|to) {_NUMBER})"
)
_TAIL = (
    r"(?: sharp| on the dot| y media| y cuarto| menos cuarto| en punto| y pico| de la (?:ma[nñ]ana|tarde|noche)|"
    r" del mediodia)*"
)
_ORDINAL_OF = r" (?:grade|grader|floor|birthday|anniversary|time|visit|street|st|ave|month|year|one|session)\b"
_DATE = (
    rf"(?:{_MONTH}\s(?:the\s)?\d{{1,2}}(?:st|nd|rd|th)?(?!\d|:)(?:,?\s\d{{4}})?|(?:the\s)?\d{{1,2}}(?:st|nd|"
    rf"rd|th)?\s(?:of\s|de\s)?{_MONTH}(?![a-z])(?:\s(?:de\s|del\s)?\d{{4}})?|"
    r"\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{4}-\d{2}-\d{2}|the \d{1,2}(?:st|nd|rd|th)(?!"
    + _ORDINAL_OF
    + r")|\d{1,2}(?:st|nd|rd|th)(?!"
    + _ORDINAL_OF
    + r")|"
    r"el (?:dia )?\d{1,2}(?!\s?[:h\d]|\s?%|\s+(?:personas|a[nñ]os)))"
)
_RELATIVE = (
    r"(?:(?:(?:the )?holidays|christmas(?: eve| day)?|xmas|thanksgiving|easter|halloween|"
    r"(?:valentine'?s?|mother'?s|father'?s|labor|memorial|veterans|independence|boxing|st\.? patrick'?s) day|"
    r"(?:the )?fourth of july|black friday|"
    r"san valentin|nochebuena|nochevieja|(?:el )?dia de (?:las madres|la madre|los muertos|reyes|accion de "
    r"gracias)|new year'?s?(?: eve| day)?|navidad(?:es)?|"
    r"semana santa|a[nñ]o nuevo|las fiestas|day after tomorrow|today|tonight|tonite|tonigt|tom+or+ows?|"
    r"tmrw|tmw|tmr|tomo|this week|next week|right now|now(?=\s*(?:$|[,.!?|]))|rn|of (?:next|this) week|"
    r"(?:the )?(?:next|following|coming) (?:couple of |few |\d{1,2} |two |three |four )?(?:days|weeks|months)|"
    rf"(?:a|one|{_NUMBER}) (?:days?|weeks?|months?) from (?:today|now|tomorrow|{_DAY})|"
    r"(?:sun ?set|sun ?rise|golden hour|dawn|dusk|atardecer|amanecer)|ahorita(?: mismo)?|ahora(?: mismo)?|"
    r"(?:a |el |al )?medio ?dia|a (?:finales|principios|mediados|fines) de(?:l)? (?:mes|a[nñ]o|semana|la semana|"
    r"{_MONTH})|"
    r"(?:early|mid|late|end of|beginning of|start of|sometime in|in|by|during|until|before|after|starting(?: in)?|from)"
    rf"[ -](?:early |mid |late )?{_MONTH}(?![a-z]| \d)|(?:(?:a |principios |mediados |finales )(?:de )|en "
    rf"){_MONTH}(?![a-z]| \d)|"
    rf"(?:of|de) {_MONTH}(?![a-z])|(?:an?|a couple of|{_NUMBER}) (?:days?|weeks?|months?) (?:after|before)(?: that|"
    rf" then)?|"
    rf"(?:an?|{_NUMBER}|half an) (?:hours?|minutes?|mins?|days?|weeks?) (?:later|earlier|sooner)|"
    rf"(?:una?|media|{_NUMBER}) (?:horas?|dias?|semanas?) (?:mas tarde|despues|antes|mas temprano)|"
    r"when (?:there'?s|there is|you have|you get|u have) (?:an? )?(?:opening|slot|spot|cancellation|time|space|room)|"
    r"(?:the )?week after(?: next)?|"
    r"(?:this|next|the following|the other) (?:month|year)|"
    r"week ?ends?|wk ?nds?|weekdays?|work ?days?|(?:end|beginning|start|middle) of (?:the |next |this )?(?:week|month)|"
    r"hoy(?: mismo)?|pasado ma[nñ]ana|ma[nñ]ana(?: mismo)?|esta noche|esta semana|(?:la )?(?:proxima|otra|"
    r"siguiente) semana|la semana (?:que viene|que entra|proxima|siguiente)|"
    r"semana que viene|(?:el )?(?:proximo|otro) mes|el mes que viene|fin(?:es)? de semana|finde|"
    r"entre semana|dias? de semana|"
    rf"(?:in|within|dentro de|en) (?:about |around |like |unos |unas )?(?:a |an |un par de |a couple of |"
    rf"{_NUMBER}[ -])?(?:few )?(?:days?|"
    rf"weeks?|months?|hours?|minutes?|mins?|minutos?|dias?|semanas?|mes(?:es)?|horas?)(?: or so)?(?![a-z]))(?![a-z]))"
)
_VAGUE = (
    r"(?:as soon as (?:possible|you can|u can|you (?:guys )?have)|asap|a\.s\.a\.p\.?|"
    r"at your earliest(?: convenience)?|soonest|earliest (?:possible|available)|"
    r"as (?:early|late|quickly|soon) as (?:possible|you can)|it'?s urgent|urgent(?:ly|e|emente)?|"
    r"(?:once|twice|\d times|three times|una vez|dos veces|tres veces|\d veces) (?:a|per|por|a la|"
    r"al) (?:week|month|semana|mes)|"
    r"\dx (?:a|per) (?:week|month)|(?:bi-?)?weekly|monthly|cada (?:semana|mes|dos semanas|quince dias)|"
    rf"every (?:other |second )?(?:{_NUMBER} )?(?:weeks?|months?|days?)|"
    r"(?:the )?(?:first|next|earliest|soonest) (?:available|opening|availability|free)(?: (?:time|spot|"
    r"slot|appointment|opening|day))?|"
    r"whenever(?: (?:you|u|it|is|works?|suits?|possible|can|are|guys|have|free|available|best|easiest|"
    r"convenient|for|time|fits)\b)*|when(?: ?)ever|"
    r"any ?time(?: (?:is fine|works))?|any (?:day|weekday|morning|afternoon|evening|week|time|saturday|"
    r"sunday)s?|most (?:days|mornings|afternoons|evenings)|some ?time|"
    r"(?:i'?m |im |pretty |totally |very )?flexible|"
    r"(?:right )?after (?:work|school|lunch|class|dinner|hours)|before (?:work|school|lunch|class|dinner)|"
    r"(?:on|during) my lunch(?: break)?|first thing|end of (?:the )?day|"
    r"later today|sooner|(?<!talk )(?<!you )(?<!how )soon|"
    r"lo (?:antes|mas pronto|mas temprano) (?:posible|que (?:se )?pued(?:a[ns]?|es))|cuanto antes|"
    r"lo antes que pued\w+|"
    r"cuando (?:sea|pued\w+|quier\w+|tengan?(?: (?:espacio|lugar|un hueco|hueco|disponible|cupo))?|"
    r"haya(?: (?:espacio|lugar|hueco|cupo))?|les? (?:venga|quede|convenga)(?: (?:bien|mejor))?)|"
    r"what ?ever(?:'?s| is)? (?:open|available|free|works|left)(?: for you)?|which ?ever (?:is |works |comes |"
    r"suits )?(?:sooner|earlier|first|best|fits|easier|better)(?: (?:for )?you)?|a cualquier hora|(?:temprano|"
    r"tempranito) de preferencia|cualquier (?:dia|hora|momento|tarde|ma[nñ]ana|noche)|en cualquier momento|"
    r"(?:despues|antes|saliendo) del? (?:trabajo|trabajar|cole(?:gio)?|la escuela|comer|almorzar|almuerzo|"
    r"la comida|la oficina)|a primera hora|a ultima hora|pronto|"
    r"a la hora (?:de|del) (?:comer|almuerzo|la comida))"
)
# Words that make a bare number a clock time: "after 5", "a las 6".
_AT = (
    r"(?:(?:any ?time )?(?:after|before|b4|around|about|by|until|till|til|at|past|from|between|@|near|close to|like|"
    r"no later than|not before|starting at|starting)|a eso de las?|sobre las?|a partir de las?|"
    r"despues de las?|antes de las?|"
    r"(?:alrededor|cerca) de las?|desde las?|hasta las?|entre las?|tipo|como a las?|como a|a las?|de las?|"
    r"pasadas las|las?)"
)
_COUNT = (
    r"(?!\s?(?:%|\$|people|persons?|ppl|guests?|adults?|kids?|children|of us|personas?|ni[nñ]os?|adultos?|"
    r"years?|yrs?|a[nñ]os?|dollars?|bucks|dolares|minutes?|mins?|minutos?|hours?|horas?|times?|veces|inches|"
    r"weeks?|dogs?|perros?|cars?|[:/.-]?\d))"
)
_BARE = (
    rf"(?:{_AT}\s?(?:{_CLOCK}|{_NUMBER}(?![a-z]){_COUNT}){_TAIL}(?:\s?(?:-|to|and|till|until|a|y(?: las?)?|"
    rf"a las|hasta las)\s?(?:{_CLOCK}|{_NUMBER}(?![a-z]){_COUNT}){_TAIL})?)"
)
_RANGE = (
    rf"(?:{_NUMBER}(?::\d\d)?\s(?:or|o)\s{_NUMBER}(?::\d\d)?"
    rf"(?=,? (?:on |in the |el |la )?(?:{_DAY}|{_RELATIVE}|{_PART}))|"
    rf"{_NUMBER}{_MERIDIEM}?\s?(?:-|to)\s?\d{{1,2}}{_MERIDIEM})"
)
_UNIT = (
    rf"(?:{_VAGUE}|{_RELATIVE}|{_DATE}|{_BARE}|{_RANGE}|{_CLOCK}{_TAIL}|{_DAY} [ap]m\b|{_DAY}(?![a-z'])|"
    rf"{_PART}(?![a-z]))"
)
# What may stand before a unit and belongs to it.
_LEAD = (
    r"(?:(?:the )?week of(?: the)?|la semana del?|all day|todo el dia|first|second|third|last|primer|segundo|"
    r"tercer|ultimo|this|next|coming|the following|following|upcoming|every other|every|all|some|most|any|either|"
    r"late|later|early|earlier|mid|"
    r"around|about|after|before|b4|by|x las?|"
    r"until|till|between|from|at|in|the|some ?time|first thing|past|on|for|during|maybe|preferably|ideally|"
    r"possibly|or|and|same|all|either|starting|"
    r"esta|este|estos|proximo|proxima|siguiente|el|la|los|las|por la|por las|por|de la|de|a la|al|a|en la|"
    r"en|cualquier|primera hora|"
    r"temprano|tempranito|tarde|despues de|antes de|entre|desde|hasta|todo el|toda la|todos los|un|una|"
    r"algun|alguna|otro|a partir de|a partir del|del|"
    r"antes del|despues del|mas|muy|quizas|tal vez|preferiblemente|como)"
)
_GLUE = r"(?:\s*[,/&+-]\s*|\s*\(\s*|\s+)"
_JOIN = (
    r"(?:or|and|to|at|@|in the|but not|but|except|not|through|thru|works? or|o|u|y|a|e|menos|excepto|salvo|"
    r"pero no|que viene|si no|sino|mejor|better|best|ideally|preferably|starting|para|"
    r"or,? if [^,|.;]{3,24},|o,? si [^,|.;]{3,24},|or (?:maybe|even|else)|o (?:quizas|tal vez|si no))"
)
_AFTER = (
    r"(?:\s(?:sharp|on the dot|or (?:later|after|so|earlier|sooner|before|anytime after)|onwards?|ish|o "
    r"(?:despues|mas tarde|"
    r"antes|asi)|que viene|en adelante|proxim[oa]|siguiente|early|late|temprano|tempranito|mas o menos|only|"
    r"which ?ever(?: is| works| suits)?(?: (?:sooner|earlier|first|best|fits|easier|better|you))?|works best))"
)
_PHRASE: Final = re.compile(
    rf"(?<![\w$#@.])(?:{_LEAD}\s){{0,4}}{_UNIT}{_AFTER}?"
    rf"(?:{_GLUE}(?:{_JOIN}\s)?(?:{_LEAD}\s){{0,3}}{_UNIT}(?:{_AFTER})?|{_GLUE}\d{{1,2}}(?![\d:/%-]|[a-z]|"
    rf"\s?\)){_COUNT}(?: sharp| on the dot)?(?=\s*(?:$|[,.!?;)]|please|por favor|works|if|thanks|gracias|sharp|on "
    rf"the dot)))*\)?"
)
_DROP_FIRST = re.compile(
    r"(?:(?:(?<=come )|(?<=stop )|(?<=drop )|(?<=swing )|(?<=pass ))by|(?:(?<=dia )|(?<=fecha )|(?<=cita ))al|"
    r"(?<=how )about|(?<=what )about|on|for|para|maybe|preferably|ideally|possibly|quizas|tal vez|"
    r"preferiblemente|or|and|y|o|de|como|"
    r"in(?= (?:the )?(?:\d{1,2}(?:st|nd|rd|th)|mon|tue|wed|thu|fri|sat|sun|tom|tmr|tmw|today|this|next|on|at|"
    r"around|early|mid|late)))\s+"
)
_ONLY_LEAD = re.compile(rf"^(?:(?:{_LEAD}|pronto|soon|como)\s*)+$")
_REJECTED = re.compile(
    r"\b(?:not|no|instead of|rather than|isn'?t|(?:can'?t|cannot|don'?t) (?:do|make|want)|en vez de|en lugar de)\s+"
    r"(?:on |para )?$"
)
_NOT_THAT = re.compile(
    rf"\s*,?\s+(?:and )?(?:not|no|instead of|rather than|en vez de|en lugar de)(?: on| el| la| a las)? (?:{_DAY}|"
    rf"{_CLOCK}|{_NUMBER}|{_PART}|{_RELATIVE})\W*$"
)
_NO_BEHIND = re.compile(r",? no\b(?=\s*[,.;]|\s*$)")
_OPEN = re.compile(
    r"\b(?:any|every|all|whenever|cualquier|todos?|todas?|weeks?|months?|some ?time|weekdays?|mornings|afternoons|"
    r"evenings|semanas?)\b"
)
_TURNS = re.compile(r"\s*,\s*(?:but |pero |sino )?|\s+(?:but|sino|pero)\s+")
# Times of other things: the past, ages, and events of the visitor's own.
_PAST = re.compile(
    rf"\b(?:last|past) (?:week|month|year|time|night|summer|winter|spring|fall|{_DAY}|{_MONTH})|"
    rf"\byesterday\b|\b(?:{_NUMBER}|a|an|few|couple of|some) (?:day|week|month|year)s? ago\b|"
    rf"\b(?:la semana|el mes|el a[nñ]o|el {_DAY}|la vez|el verano) pasad[oa]s?\b|\bayer\b|\banoche\b|"
    rf"\bhace (?:{_NUMBER}|un|una|unos|unas|mucho|poco|como)\b[^,.;!?]*|"
    r"\b(?:ever )?since (?:last |this |the |about )?\w+|\bdesde hace\b[^,.;!?]*|\b\d{1,2}[ -](?:(?:years?|yrs?|"
    r"a[nñ]os?)(?:[ -]old| de edad)?|"
    r"(?:months?|weeks?|days?|meses|semanas|dias)(?:[ -]old| pregnant| along| postpartum| de edad| de "
    r"embarazo))\b|\b(?:years?|yrs?) old\b|\bgood (?:morning|afternoon|evening|night|day)\b|"
    r"\bbuen(?:os|as)? (?:dias?|tardes?|noches?)\b|"
    rf"\b(?:due date|deadline|birthday|flight|trip|wedding|party|event|exam|test|boda|cumple\w*|examen)(?: is|'s| "
    rf"es| will be)\b"
    r"(?:(?!\s(?:so|and|then|y|asi que)\b)[^,.;!?\n|])*|"
    r"(?<='s )\d{1,2}(?:st|nd|rd|th)\b|\bturn(?:s|ing|ed) \d{1,3}\b|"
    r"(?:^|(?<=[.,;!?\n] )|(?<=[.,;!?\n])|(?<=because )|(?<=and ))it (?!off\b|in\b|by\b|up\b|on\b|for\b|at\b|to\b|"
    r"this\b|next\b|around\b|after\b|before\b|is\b|can\b|could\b|would\b|should\b|will\b|be\b|has to\b|"
    r"needs?\b)[a-z]+\b[^,.;!?\n|]*|"
    # what somebody did, and what begins or ends by itself
    r"\b(?:he|she|they|you(?: guys)?|i|we) (?:just )?(?:did|was|were|had|went|came|got|saw|used|broke|left|lost|"
    r"fell|hit|made|took|gave|found|felt|bought|moved|started|"
    r"(?!need|want|book)\w{3,}ed)\b"
    r"(?! (?:hoping|wondering|thinking|looking|told))(?:(?!\s(?:and|but|so) (?:i|can|could|want|need|"
    r"now)\b)[^,.;!?\n])*|"
    r"\b(?:is|are) due\b(?! for)[^,.;!?\n|]*|"
    r"\b(?:school|class|work|shift|flight|plane|train|bus|lease|he|she|it|semester|term|insurance|lesson|meeting)"
    r" (?:lands|arrives|leaves|ends|starts|expires|finishes)\b[^,.;!?\n|]*|"
    r"\b(?:nace|nacio|llega|termina|empieza|vence|fui|estuve|tuve|me cas[oe]|me hic[ei]\w*)\b[^,.;!?\n|]*|"
    # when it does not suit
    rf"\b(?:i )?(?:can'?t|cannot|can not|don'?t|won'?t) (?:do|make|work|come)(?: it| in)?(?: on)? (?:{_DAY}|{_PART})|"
    rf"\b(?:not available|unavailable|no puedo|no me (?:sirve|queda))(?: on| los?| las?| el)? (?:{_DAY}|{_PART})|"
    rf"\b(?:{_DAY}(?![a-z'])|{_PART}(?![a-z])) (?:(?:is|are|be)(?:n'?t| not)? (?:so |really |too |very |a bit )?"
    r"(?:hard|bad|tough|difficult|not|no good|impossible|tricky|out|taken)|(?:do|does)(?:n'?t| not) (?:work|suit)|"
    r"no (?:me )?"
    r"(?:sirven?|queda|viene|puedo))\b[^,.;!?\n|]*"
)
_CLAUSE = r"(?:(?!\s(?:so|and can|and could|asi que|entonces)\b|\s-\s)[^,.;!?\n])*"
_EVENT = re.compile(
    r"\b(?:(?:(?:i )?have|there'?s|it'?s (?:for )?|it is (?:for )?|for|tengo|es (?:para )?|para|before|"
    r"antes de)\s+)?(?:my|our|her|his|a|an|the|mi|nuestr[oa]|su|una?|la|el|"
    r"christmas|holiday|office|company|new year'?s?)\s+(?:\w+'?s?\s+)?"
    r"(?:wedding|birthday|bday|party|anniversary|event|graduation|prom|interview|trip|vacation|flight|exam|"
    r"midterm|finals?|test|funeral|reunion|ceremony|show|surgery|boda|"
    r"cumple\w*|fiesta|aniversario|graduacion|evento|entrevista|viaje|quincea[nñ]\w*|examen|bautizo|cirugia)\b"
    rf"{_CLAUSE}"
    r"|(?<!can )(?<!could )(?<!may )(?<!do )(?<!should )\b(?:(?:i|we|he|she)(?: also)? (?:have|has|'?ve got)|"
    r"tengo|tenemos) (?:a|an|my|our|un|una|mi) "
    r"(?!free|day off|slot|opening|window|gap|break|time|hour|few|couple|lot|preference|hueco|rato|tiempo|dia "
    r"libre|poco)\w+"
    rf"{_CLAUSE}"
    r"|\b(?:i|we)(?: also| only| do)? (?:need|have|got|gotta|must|'?ve got)(?: to)? (?:pick|leave|be|go|catch|"
    r"drop|head|work|get (?:to|back|home|out))\b"
    r"[^,.;!?\n]*|\b(?:tengo|tenemos) que (?:recoger|salir|irme|ir|estar|llegar|pasar|trabajar)\b[^,.;!?\n]*"
    r"|\b(?:call|text|ring|llam(?:ar|ame|enme))(?: me)? (?:only )?(?:after|before|between|in the|despues|"
    r"antes|entre|por la)\b"
    r"[^,.;!?\n]*"
)


def claim_other_times(message: Message) -> list[Span]:
    """Claim times that are no wish: greetings by the hour, the past, ages. Returns the spans."""
    return [message.claim(*match.span()) for match in _PAST.finditer(message.blanked())]


def find_events(message: Message) -> list[Span]:
    """The stretches that tell of an event of the visitor's own, its time included; they are notes, no wish."""
    return [Span(*match.span()) for match in _EVENT.finditer(message.blanked()) if _PHRASE.search(match[0])]


def find_times(text: str) -> list[tuple[Span, Span]]:
    """(what is said about when, what of it is wished) in folded text; the wish may be empty: "not on Friday"."""
    spans = []
    for match in _PHRASE.finditer(text):
        start, end = match.span()
        while (drop := _DROP_FIRST.match(text, start, end)) is not None:
            start = drop.end()
        if text[start:end].count("(") != text[start:end].count(")"):
            end = start + len(text[start:end].rstrip(")"))
        said = start
        rejected = _REJECTED.search(text, 0, start)
        if rejected:
            turn = _TURNS.search(text, start, end)
            said, start = rejected.start(), turn.end() if turn else end
        refused = None if _OPEN.search(text, start, end) else _NOT_THAT.search(text, start, end)
        if _NO_BEHIND.match(text, end):
            start = end
        phrase = text[start : refused.start() if refused else end]
        if phrase and _ONLY_LEAD.match(phrase) and not re.search(r"\d|soon|pronto|\blas? tardes?\b", phrase):
            continue
        spans.append((Span(said, end), Span(start, start + len(phrase))))
    return spans


def claim_time(message: Message) -> str:
    """Claim the time phrases and return them as typed, joined by a comma; "" for none."""
    spans = find_times(message.blanked())
    for said, _wish in spans:
        message.claim(said.start, said.end)
    return ", ".join(filter(None, (tidy_time(message.slice(wish.start, wish.end)) for _said, wish in spans)))


_POLITE = re.compile(r"[\s,]*\b(?:please|pls|plz|por favor|porfa|thanks|thank you|gracias|if possible|si se puede)\W*$")
_CLAUSE_OF_TIME = re.compile(
    r"(?:when(?:ever)?|once|after|before|until|as soon as|cuando|despues de|antes de|en cuanto|al|"
    r"saliendo)\b[^.!?;\n|]*"
)


_SOME_DAY = re.compile(rf"(?:{_DAY}(?![a-z'])|{_DATE}|{_RELATIVE})")


def names_day(time: str) -> bool:
    """Whether a time says which day, not only which part of it."""
    return _SOME_DAY.search(fold(time)) is not None


def claim_answer(message: Message, found: str) -> str:
    """Claim the answer to "When?": all of the sentence that holds the time, or that begins like one; "" for neither.

    `found` is the time phrase already claimed.
    """
    start = message.folded.find(fold(found)) if found else -1
    for clause in _CLAUSE_OF_TIME.finditer(message.folded):
        if len(clause[0].split()) < 3:
            continue
        follows = found and not message.folded[start + len(found) : clause.start()].strip(" ,")
        if found and not follows and fold(found) not in clause[0]:
            continue
        first = min(start, clause.start()) if follows and start < clause.start() else clause.start()
        end = clause.start() + len(_POLITE.sub("", clause[0]))
        message.claim(first, end)
        return tidy_time(message.slice(first, end))
    return found


def tidy_time(text: str) -> str:
    """A phrase without punctuation around it."""
    return tidy(text) if not text.rstrip(" ,;!?").endswith((".m.", ")")) else text.strip(" ,;:!?-")
