"""The understanding by rules: each reader claims what is its own, what is left over are the notes."""

import re

from tenant_apps.assistant.understanding.contact import claim_contact
from tenant_apps.assistant.understanding.intents import (
    find_about,
    find_intents,
    is_only_filler,
    is_open_question,
    is_question,
    says_something,
)
from tenant_apps.assistant.understanding.language import find_language
from tenant_apps.assistant.understanding.names import claim_name, read_bare_name
from tenant_apps.assistant.understanding.notes import find_marked, read_notes, tidy_note
from tenant_apps.assistant.understanding.reading import CONFIRM, Context, Intent, Reading
from tenant_apps.assistant.understanding.services import (
    claim_other_service,
    claim_services,
    find_asked_about,
    has_request,
    strip_request,
)
from tenant_apps.assistant.understanding.text import Message, Span, cut, fold, tidy
from tenant_apps.assistant.understanding.times import (
    claim_answer,
    claim_other_times,
    claim_time,
    find_events,
    find_times,
    names_day,
)
from tenant_apps.handoffs.validators import CARD_REMOVED, remove_card_numbers

_LIMITS = {
    "customerName": 120,
    "customerPhone": 40,
    "customerEmail": 254,
    "requestedService": 120,
    "preferredDateTimeText": 200,
    "notes": 1000,
}
_MAX_MESSAGE = 2000
_MARKUP = re.compile(r"<[^<>]{1,200}>")
# Orders to a machine are no wish of a visitor's: they fill nothing and change nothing.
_ORDERS = re.compile(
    r"\b(?P<whole>(?:ignor[ae]r?|disregard|forget|override|bypass|olvida|omite)\b[^.!?\n]{0,40}"
    r"\b(?:instruc\w+|rules?|prompts?|guidelines?|previous|above|reglas|anterior\w*)|system prompt|you are now|"
    r"pretend (?:to be|you|that)|act as|developer mode|jailbreak|finge|actua como|a partir de ahora eres)\b[^.!?\n]*"
    r"|\b(?:say|repeat|write|reply|respond|answer|print|output|di|repite|escribe|responde)"
    r"(?: (?:after me|this|exactly|with|that|only|esto|con|que|solo))*\s*[:\"“][^\n]*"
    r"|\b(?:tell me|say|write|reply|dime|di)(?: that| que)? [^.!?\n]{0,60}\b(?:booked|confirmed|reserved|reservad[oa]|"
    r"confirmad[oa]|agendad[oa])\b[^.!?\n]*"
    r"|\b(?:you are|you're|your \w+ (?:is|has been)|(?:tu|su) \w+ esta) (?:now |ya )?(?:booked|confirmed|reserved|"
    r"reservad[oa]|confirmad[oa]|agendad[oa])\b[^.!?\n]*"
)
# What else is an order where there is one.
_MORE_ORDERS = re.compile(
    r"(?:(?<=[.!?\n] )|^)(?:you are|you're|say|repeat|write|print|reply|respond|answer|output|give me|show me|"
    r"tell me|eres|di|repite|"
    r"escribe|responde|dame|muestra\w*|dime)\b[^.!?\n]*"
)
_CARD_TALK = re.compile(
    r"\b(?:(?:my |mi )?(?:credit |debit )?(?:card|visa|mastercard|amex|tarjeta)(?: number| numero)?(?: is| es)?|"
    r"exp(?:ires|iry|iration)?(?: date)?|valid|vence|cvv|cvc|security code)\b[\s.:]*(?:\d{1,2}/\d{2,4}|\d{3,4})?"
)
# Where one sentence ends and the next begins; a question may begin behind a comma.
_SENTENCE = re.compile(
    r"(?:[^.!?\n¿]|(?<=\d)\.(?=\d))(?:(?!(?<=, )(?:what|how|where|when do|which|do you|is there|are you|que|"
    r"cuanto|cual|donde|como|a que hora)\b"
    r"[^.!?\n]*\?)[^.!?\n¿]|(?<=\d)\.(?=\d))*[.!?]*|[.!?¿\n]"
)
_ASKS = frozenset(intent for intent in Intent if intent.startswith("ask_")) - {Intent.ASK_AVAILABILITY}


_POLITE = re.compile(r"[\s,]*\b(?:please|pls|plz|por favor|porfa(?:vor)?|thanks|thank you|gracias)\W*$", re.IGNORECASE)
_CANCELS = re.compile(
    r"(?:^|\b(?:need|want|like|have|can i|could i|must|quiero|quisiera|necesito|tengo que|puedo) (?:to )?)\W*"
    r"(?:cancel(?:ar)?|reschedule|move|change|reagendar|cambiar|mover)\b(?! (?:it|that|the)\b)"
)
_CORRECTS = re.compile(r"\b(?:no|not|wait|actually|instead|sorry|mejor|perdon|cambi\w+)\b")
_CHANGES = re.compile(r"\W*(?:(?:no|oh|sorry|perdon)\W+)?(?:wait|actually|instead|make it|change|mejor|cambi\w+)\b")
_DO_YOU_HAVE = re.compile(r"\W*(?:y )?(?:tienen|tienes|tiene|hay|aceptan)\b")
# What somebody does not bear is nothing they wish for: "allergic to hair dye".
_NOT_BORNE = re.compile(
    r"\b(?:allerg(?:ic|y|ies)|alergi(?:a|as|co|ca)|sensitive|sensible|react(?:ion|s|ed)?|reaccion)"
    r" (?:to|a|al|con|with)(?: (?!(?:but|and|so|can|could|i|need|want|pero|y|quiero|puedo)\b)[^\W\d_]+){1,3}"
)
_ASKS_TO_SPARE = re.compile(
    r"\W*(?:(?:please|pls|por favor)\W+)+(?:no|don't|dont|do not|avoid|(?:be )?careful|sin|cuidado|evit\w+)\b"
)
_LACKS = re.compile(
    r"\b(?:no|not|don't|dont|without|sin)\b[^.!?\n]{0,15}\b(?:e-?mail|correo|phone|number|telefono|numero|celular)\b"
)
_TALKS_OF_CHANGE = re.compile(r"\b(?:cambi(?:ar|a|e|ame)|change|fix|edit|corregir|servicio|service)\b")
_RESERVES = re.compile(r"\b(?:but|except|unless|not (?!a problem)|pero|excepto|salvo|sino)\b")  # a yes that is none
_JOINS = re.compile(r"\W*(?:(?:and|or|is|my|at|y|e|o|u|es|mi|en)\b\W*)+")  # what stood between a number and an address
_NO_ANSWER = _ASKS | {Intent.CANCEL, Intent.RESTART, Intent.CHANGE}


class RuleUnderstanding:
    """Deterministic: the same message in the same context gives the same reading."""

    def read(self, message: str, context: Context) -> Reading:
        """Return what `message` gives; see `Understanding`."""
        cleaned = remove_card_numbers(message[:_MAX_MESSAGE])
        had_card = cleaned != message[:_MAX_MESSAGE]
        text = Message(cleaned.replace(CARD_REMOVED, " " * len(CARD_REMOVED)))
        _claim_orders(text, had_card=had_card)
        intents = find_intents(text.folded, is_answer=context.asking is not None)
        if context.asking == CONFIRM and Intent.YES in intents and _RESERVES.search(text.folded):
            intents.add(Intent.CHANGE)
        contact = claim_contact(
            text, region=context.region, is_asked=context.asking in ("customerPhone", "customerEmail")
        )
        contacts = tuple(text.claimed)
        slots = {"customerPhone": contact.phone, "customerEmail": contact.email}
        addressed = []
        if context.business_name and fold(context.business_name) in text.folded:
            start = text.folded.index(fold(context.business_name))
            addressed.append(text.claim(start, start + len(context.business_name)))
        questions = _find_questions(text)
        if questions is None:
            if not intents & (_ASKS | {Intent.CANCEL, Intent.RESTART}):
                intents.add(Intent.ASK_OTHER)
        else:
            # A question beside a wish may name the service ("how much is a facial? I could come on Friday") …
            asked_about = _find_service(text, context.services, questions)
            for question in questions:  # … and tells nothing else.
                text.claim(question.start, question.end)
            is_answer = bool(questions) or not intents & _NO_ANSWER
            if is_answer and (
                context.asking == "notes" or (context.asking == CONFIRM and _ASKS_TO_SPARE.match(text.folded))
            ):
                slots |= _read_note(text, addressed)
            if "notes" not in slots:
                slots |= self._read_wish(text, context, contacts, is_answer=is_answer)
            if asked_about and slots.get("preferredDateTimeText") and not slots["requestedService"]:
                slots["requestedService"] = asked_about
        about = find_about(text.folded) if self._wants_change(intents, context) else None
        if about and _TALKS_OF_CHANGE.search(fold(slots.get("requestedService", ""))):
            del slots["requestedService"]
        if context.asking in ("customerPhone", "customerEmail") and _LACKS.search(text.folded):
            about = None  # they have none: to ask for just that would be no help
        slots = {slot: cut(value, _LIMITS[slot]) for slot, value in slots.items() if value}
        return Reading(
            slots=slots,
            intents=frozenset(intents),
            about=about,
            language=find_language(
                cleaned,
                context.known.get("preferredDateTimeText", ""),
                context.known.get("notes", ""),
                default=context.language,
            ),
            is_bad_phone=contact.is_bad_phone,
            is_bad_email=contact.is_bad_email,
            had_card_number=had_card,
        )

    def _wants_change(self, intents: set[Intent], context: Context) -> bool:
        return bool(intents & {Intent.CHANGE, Intent.NO}) and context.asking is not None

    def _read_wish(
        self, text: Message, context: Context, contacts: tuple[Span, ...], *, is_answer: bool
    ) -> dict[str, str]:
        events = find_events(text)
        for event in events:
            text.claim(event.start, event.end)
        not_borne = [Span(*match.span()) for match in _NOT_BORNE.finditer(text.folded)]
        text.claimed += not_borne
        service = claim_services(text, context.services)
        text.claimed = [span for span in text.claimed if span not in not_borne]
        other_times = claim_other_times(text)
        before = len(text.claimed)
        time = claim_time(text)
        times, calls_at = text.claimed[before:], ""
        marked = find_marked(text)
        text.claimed += marked
        is_yes = context.asking == CONFIRM and is_only_filler(text.folded)  # "Vale" and "Dale" are names as well
        name = "" if is_yes else claim_name(text, contacts=contacts, business_name=context.business_name)
        text.claimed = [span for span in text.claimed if span not in marked]
        asking = context.asking
        bare = is_answer and asking is not None and not is_question(text.folded) and not is_only_filler(text.folded)
        if asking == "customerName" and not name and bare:
            name = read_bare_name(text)
        if not service and not not_borne and (asking != "customerName" or not name):
            service = claim_other_service(text)
        if asking == "preferredDateTimeText" and is_answer and "?" not in text.typed:
            time = claim_answer(text, time)
        says_when = time and not service and not names_day(time) and not _CORRECTS.search(text.folded)
        if says_when and contacts and asking in ("customerPhone", "customerEmail"):
            # Asked how to reach them, they say at which hour: that is when to call.
            time, calls_at = "", ", ".join(_say_when(text, span) for span in times)
        left = tidy(text.blanked().replace("|", " "))
        is_said = left and not _JOINS.fullmatch(fold(left))
        if bare and is_said and asking == "requestedService" and not service and not name:
            text.claimed = [span for span in text.claimed if span not in other_times]
            service = strip_request(_rest(text))
            text.services = text.claimed[-1:]
        is_when = (
            is_answer
            and asking == "preferredDateTimeText"
            and "?" not in text.typed
            and not is_only_filler(text.folded)
        )
        if is_when and left and not time and not service and not name:
            time = _rest(text)
        text.claimed = [span for span in text.claimed if span not in other_times]
        text.is_answer = asking is not None
        text.has_service = bool(service or asking == CONFIRM or "requestedService" in context.known)
        is_note = bare and asking == "notes" and not _CHANGES.match(text.folded)
        notes = tidy_note(_rest(text)) if is_note else ""
        if not notes and not (bare and asking in _LIMITS and asking != CONFIRM and not text.claimed):
            notes = read_notes(text, events)
        return {
            "requestedService": service,
            "preferredDateTimeText": time,
            "customerName": name,
            "notes": ". ".join(filter(None, (calls_at, notes))),
        }


def _claim_orders(text: Message, *, had_card: bool) -> None:
    """Claim markup, orders to a machine, and what is said around a card number: they tell nothing."""
    patterns = [_MARKUP, _ORDERS]
    if had_card:
        patterns.append(_CARD_TALK)
    if _ORDERS.search(text.folded):
        patterns.append(_MORE_ORDERS)
    for pattern in patterns:
        for match in pattern.finditer(text.folded):
            start = match.start()
            if "whole" in pattern.groupindex and match["whole"]:  # the sentence from its beginning
                start = max(text.folded.rfind(mark, 0, start) for mark in ".!?\n") + 1
            text.claim(start, match.end())


def _read_note(text: Message, addressed: list[Span]) -> dict[str, str]:
    """The answer to what else there is to know, whole and as typed: half a note may say the opposite.

    `addressed` is the business's name, which a note may mention.
    """
    if is_only_filler(text.folded) or is_question(text.folded) or _CHANGES.match(text.folded):
        return {}
    typed = list(text.typed)
    for span in text.claimed:
        if span in addressed:
            continue
        typed[span.start : span.end] = " " * (span.end - span.start)
    note = tidy_note(tidy("".join(typed)))
    return {"notes": note} if note else {}


def _find_questions(text: Message) -> list[Span] | None:
    """The sentences that do nothing but ask the business; None where there is nothing else in the message."""
    blanked = text.blanked()
    asking, is_wish = list[Span](), False
    for sentence in _SENTENCE.finditer(blanked):
        said = text.folded[sentence.start() : sentence.end()]
        if _only_asks(said, sentence[0]):
            asking.append(Span(*sentence.span()))
        else:
            is_wish |= says_something(sentence[0])
    return asking if is_wish or not asking else None


def _only_asks(said: str, free: str) -> bool:
    """Whether a folded sentence is nothing but a question to the business; `free` is what nobody claimed of it."""
    if "?" in said and is_open_question(said) and not find_times(free):
        return not has_request(said)
    asked = find_intents(said, is_answer=False) & (_ASKS | {Intent.CANCEL, Intent.RESTART})
    if not asked:
        return False
    if "?" in said and _DO_YOU_HAVE.match(said):
        return True
    if Intent.CANCEL in asked and _CANCELS.search(said):
        return True
    is_plain = asked & {Intent.RESTART, Intent.CANCEL, Intent.ASK_HUMAN}
    return bool(is_plain or is_question(said)) and not has_request(said)


def _find_service(text: Message, services: tuple[str, ...], questions: list[Span]) -> str:
    for question in questions:
        said = text.slice(question.start, question.end)
        found = claim_services(Message(said), services) or find_asked_about(fold(said), said)
        if found:
            return found
    return ""


def _say_when(text: Message, time: Span) -> str:
    """A time with the words that lead to it: "best after 3"."""
    free = text.blanked()
    start = max(free.rfind(mark, 0, time.start) for mark in ".,;:!?\n|(") + 1
    return tidy_note(text.slice(start, time.end))


def _rest(text: Message) -> str:
    """What nobody claimed, as typed: the answer to a question in its visitor's own words."""
    start, end = 0, len(text.typed)
    for span in sorted(text.claimed):
        if not text.typed[start : span.start].strip(" ,.;:!-"):
            start = max(start, span.end)
        else:
            end = min(end, span.start)
            break
    rest = tidy(_POLITE.sub("", text.typed[start:end]))
    if rest:
        text.claim(start, end)
    return rest


understanding = RuleUnderstanding()
