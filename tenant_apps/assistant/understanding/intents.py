"""Finds what a visitor asks or wants besides giving their details."""

import re
from typing import Final

from tenant_apps.assistant.understanding.reading import Intent
from tenant_apps.assistant.understanding.vocabulary import words

_EMPTY = words("say_nothing") | words("ends_name")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+")

_PATTERNS: Final[dict[Intent, str]] = {
    Intent.GREETING: r"^\s*(?:hi+|hey+|hello+|hola+|buenas|buenos dias|good (?:morning|afternoon|evening)|howdy|"
    r"que tal|yo)\b",
    Intent.THANKS: r"\b(?:thanks|thank you|thx|ty|gracias|appreciate it)\b",
    Intent.ASK_HOURS: (
        r"\b(?:(?:what|which)(?: are)? (?:your |ur |the |time )?(?:opening |business |working )?(?:hours|"
        r"times)|(?:your|ur|opening|business|store) hours|hours\?|"
        r"(?:when|what time|how late|how early)(?: do| does| are| r)? (?:you|u|y'?all|ya|"
        r"it)(?: guys)? (?:open|close|closed|opening|closing)|are (?:you|u|ya)(?: guys)? (?:open|"
        r"closed)|(?:do|will) (?:you|u) (?:open|close)|r u open|you open|"
        r"(?:a )?que horas? (?:abren|cierran|abre|cierra|atienden)|horarios?|cuando (?:abren|cierran)|"
        r"estan abiertos|(?:abren|cierran|atienden|trabajan) (?:los |el |hoy|ma[nñ]ana|hasta)|hasta que hora)"
    ),
    Intent.ASK_ADDRESS: (
        r"\b(?:where (?:are|r|is) (?:you|u|ya|your|it|the)|where'?s (?:your|the)|(?:what'?s|what is|"
        r"whats)? ?(?:your|ur|the) (?:address|location)|address\?|location\?|how do i (?:get there|"
        r"find you)|directions|located|is there parking|parking|"
        r"donde (?:estan|esta|queda|quedan|es|se encuentran|estais|los encuentro)|(?:cual es )?(?:su|la|"
        r"tu) (?:direccion|ubicacion)|direccion\?|como llego|estacionamiento)"
    ),
    Intent.ASK_PHONE: r"\b(?:(?:what'?s|what is|whats|have) (?:your|ur|the|a) (?:phone|number|cell|telephone)|"
    r"your (?:phone )?number|can i call (?:you|u)|number to call|(?:su|tu|cual es el) (?:numero|"
    r"telefono|cel\w*)(?: de telefono)?\s*(?:\?|$|por)|tienen (?:telefono|whats ?app)|a que numero)",
    Intent.ASK_EMAIL: r"\b(?:(?:what'?s|what is|whats) (?:your|ur|the) (?:e-?mail|mail)|your e-?mail\s*\?|(?:su|"
    r"tu|cual es el) correo)",
    Intent.ASK_SERVICES: (
        r"\b(?:(?:what|which) (?:services|treatments|kind|kinds|types?|classes|options|else|"
        r"do you (?:offer|do|have))|(?:do|does) (?:you|u|ya|y'?all)(?: guys)? (?:do|offer|provide|"
        r"carry|have any|also do|work on|take care of)|(?:your|list of|the) (?:services|menu)|"
        r"services\?|what can you do|"
        r"(?:que|cuales) (?:servicios|tratamientos|tipos?|clases|ofrecen|hacen)|que (?:mas )?(?:ofrecen|"
        r"hacen)|(?:ofrecen|hacen|manejan|realizan) )"
    ),
    Intent.ASK_PRICE: r"\b(?:how much|price|prices|pricing|cost|costs|rates?|fee|fees|charge|cuanto (?:cuesta|"
    r"cuestan|vale|valen|cobran|sale|es|seria)|precios?|costo|tarifas?|que precio)\b|\bcuanto\b",
    Intent.ASK_AVAILABILITY: r"\b(?:do (?:you|u) have (?:any(?:thing)?|time|openings?|availability|slots?|room|"
    r"space|spots?)|(?:any|is there|whats|what'?s|have)(?: the| your)? (?:openings?|availability|"
    r"available|slots?|free|spots?)|are (?:you|u) (?:free|available)|when (?:are|r) (?:you|"
    r"u) (?:free|available)|(?:tienen|hay|tendran) (?:disponibilidad|espacio|lugar|hueco|cupo|"
    r"algo|citas?|turnos?|hora)|disponibilidad)",
    Intent.ASK_IF_SETTLED: r"\b(?:(?:am|are) (?:i|we) (?:booked|confirmed|all set|good|set|in)|is (?:it|that|this|"
    r"my (?:appointment|booking|spot|time)) (?:booked|confirmed|set|final|done|reserved|scheduled)|"
    r"so (?:i'?m|im|it'?s|its) (?:booked|confirmed|all set)|did (?:you|it) (?:book|confirm|"
    r"go through)|(?:ya )?(?:esta|quedo|queda|estoy) (?:ya )?(?:reservad[oa]|confirmad[oa]|"
    r"agendad[oa]|list[oa]|apartad[oa])|ya (?:reserve|quede|tengo (?:la )?cita)|"
    r"me (?:confirmas|confirman))",
    Intent.ASK_PAYMENT: r"\b(?:(?:can|could|do|should|must|may) i (?:have to )?(?:pay|put down|leave a)|"
    r"pay (?:now|here|online|you|with|by|the deposit)|deposit|(?:my )?(?:credit |"
    r"debit )?card(?: number| details)?|venmo|zelle|cash ?app|paypal|apple pay|payment|puedo pagar|"
    r"pagar|deposito|tarjeta|anticipo|pago)\b",
    Intent.ASK_HUMAN: r"\b(?:(?:talk|speak|chat) (?:to|with) (?:a |an |some)?(?:human|person|someone|somebody|"
    r"real|agent|representative|manager|the owner|you guys)|real person|human\b|call me\s*(?:please|"
    r"pls|back|asap|when)?\s*$|(?:hablar|comunicarme) con (?:una persona|alguien|un humano|"
    r"el due[nñ]o|la due[nñ]a|ustedes|un agente|el encargado)|persona real|que me llamen)",
    Intent.ASK_WHAT_NEXT: r"\b(?:what (?:happens|now|next|do i do)|how does (?:this|it) work|what'?s next|"
    r"whats next|(?:y )?ahora que|que (?:pasa|sigue|hago) (?:ahora|despues|luego)?|como funciona)",
    Intent.CANCEL: r"\b(?:cancel(?:ar|led|ing)?|reschedul\w*|move my (?:appointment|booking)|"
    r"change my (?:appointment|booking|existing)|reagendar|cancelacion|(?:cambiar|mover) mi (?:cita|"
    r"turno|reserva))\b",
    Intent.RESTART: r"^\W*(?:start over|start again|restart|reset|begin again|from the (?:start|beginning)|"
    r"empezar (?:de nuevo|otra vez)|de nuevo|reiniciar|volver a empezar|desde el principio)\W*$",
}
_COMPILED = {intent: re.compile(pattern) for intent, pattern in _PATTERNS.items()}

_YES_WORDS = (
    r"(?:y+e+s+|y(?=\W*$)|yep|yup|yeah|yea|ya|yas|ok|okay|okey|k|sure|of course|correct|right|exactly|perfect|great|"
    r"good|fine|awesome|absolutely|definitely|please do|do it|go ahead|go on|go for it|send it|send|"
    r"confirm|confirmed|"
    r"looks? (?:good|great|right|correct|perfect)|sounds? (?:good|great|right)|that'?s (?:right|correct|"
    r"fine|good|all|it|perfect)|thats (?:right|correct|fine|it|all)|all good|all set|that works|"
    r"works for me|submit|proceed|continue|pass it on|lets go|let'?s go|let'?s do it|"
    r"si+|sip|claro(?: que si)?|correcto|exacto|perfecto|dale|va|vale|bueno|bien|esta bien|todo bien|"
    r"de acuerdo|venga|adelante|por supuesto|listo|asi es|envialo|enviar|mandalo|continua|continuar|sigue|"
    r"confirmo|simon|eso es(?: todo)?|es correcto|asi esta bien|me parece(?: bien)?|"
    r"\U0001f44d|\U0001f44c|✅)"
)
_YES = re.compile(rf"^\W*(?:{_YES_WORDS})(?![a-z'])")
_NO = re.compile(
    r"^\W*(?:no+|nope|nah|not (?:yet|really|quite|right|correct)|wait|hold on|actually|wrong|incorrect|"
    r"that'?s (?:not|wrong)|none|nothing|negative|todavia no|aun no|espera|mejor no|nel|nada|"
    r"incorrecto|esta mal|al reves|never ?mind|nvm|forget it|olvidalo|dejalo)(?![a-z'])"
)
_FILLER = re.compile(
    rf"(?:{_YES_WORDS}|thanks|thank you|thx|please|pls|gracias|por favor|porfa|muchas|it|is|that|all|"
    rf"everything|todo|so much|very much|no|nope|thank|you|for me|then|entonces|muy|and|y|just|go|on|"
    rf"nothing else|nada mas|none|ningun[oa]?|nothing (?:special|really|much)|see you(?: then| soon| there)?|talk "
    rf"soon|nos vemos|never ?mind|nvm|forget it|olvidalo|dejalo)"
)
_CHANGE = re.compile(
    r"\b(?:change (?:something|it|that|the|my)|(?:want|need|like) to (?:change|fix|correct|edit|update)|"
    r"can (?:i|we|you) (?:change|fix|correct|edit|update)|wrong (?:\w+)|\w+ is (?:wrong|incorrect|"
    r"not right)|fix (?:the|my)|edit|cambi(?:ar|a|e|ame)|corregir|(?:esta|es) (?:mal|equivocad[oa]|incorrect[oa]))\b"
)
_ABOUT: Final[dict[str, str]] = {
    "preferredDateTimeText": r"\b(?:time|date|day|when|hour|hora|fecha|dia|cuando|horario)\b",
    "requestedService": r"\b(?:service|treatment|servicio|tratamiento)\b",
    "customerPhone": r"\b(?:phone|number|cell|contact|telefono|numero|celular|contacto)\b",
    "customerEmail": r"\b(?:e-?mail|correo)\b",
    "customerName": r"\b(?:name|nombre)\b",
    "notes": r"\b(?:notes?|notas?)\b",
}
_OPEN_QUESTION = re.compile(
    r"\W*(?:(?:hi|hey|hello|hola|buenas)\W+)?(?:what|which|why|who|how (?:long|much|many|often|do|does|far|"
    r"old|is|are)|"
    r"(?:do|does|are|is|will) (?:you|u|ya|y'?all|it|there|the)(?! have (?:time|room|any))|que|cual|cuales|"
    r"cuanto|cuantos|cuanta|"
    r"por que|quien|como (?:es|son|se|funciona)|do (?:i|we)|can (?:i|we) (?:bring|see|use|wait|leave|park|take|"
    r"pick|drop)|puedo (?:llevar|traer|usar|dejar|esperar)|podemos (?:llevar|traer)|"
    r"is any(?:one|body)|hay alguien|aceptan|toman|usan|duele|duran?|incluyen?)\b"
)
_QUESTION_START = re.compile(
    r"^\W*(?:what|whats|when|where|wheres|how|which|who|why|do (?:you|u|ya|y'?all)|does|are (?:you|u|"
    r"there)|is (?:there|it|that|this)|r u|que|cual|cuales|cuando|cuanto|cuantos|donde|como|quien|"
    r"tienen|hay|hacen|ofrecen|aceptan|abren|cierran|a que hora)\b"
)


def find_intents(text: str, *, is_answer: bool) -> set[Intent]:
    """The intents in folded text. `is_answer`: something was asked, so a bare yes or no counts."""
    found = {intent for intent, pattern in _COMPILED.items() if pattern.search(text)}
    if _YES.match(text) and (is_answer or is_only_filler(text)):
        found.add(Intent.YES)
    if _NO.match(text):
        found.add(Intent.NO)
    if _CHANGE.search(text):
        found.add(Intent.CHANGE)
    return found


def find_about(text: str) -> str | None:
    """The slot a wish to change is about; None where it does not say."""
    return next((slot for slot, pattern in _ABOUT.items() if re.search(pattern, text)), None)


def is_only_filler(text: str) -> bool:
    """Whether nothing is said but yes, no, thanks and please."""
    rest = re.sub(rf"(?<![a-z])(?:{_FILLER.pattern})(?![a-z'])", " ", text)
    return not re.search(r"[^\W_]", rest)


def says_something(text: str) -> bool:
    """Whether folded text holds a word that is no mere politeness, or something others understood (a bar)."""
    if is_only_filler(text):
        return "|" in text
    return "|" in text or any(word not in _EMPTY for word in _WORD.findall(text))


def is_open_question(text: str) -> bool:
    """Whether folded text asks about something: how, what, which, why, whether we take or have it."""
    return _OPEN_QUESTION.match(text) is not None


def is_question(text: str) -> bool:
    """Whether folded text asks us something, by its mark or its first word."""
    return "?" in text or _QUESTION_START.match(text) is not None
