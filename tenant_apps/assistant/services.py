"""The conversation: what to answer and what to ask next. Rules only; nothing is stored here and nobody is asked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from django.utils import timezone, translation
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from tenant_apps.assistant.enums import Asking
from tenant_apps.assistant.understanding import Context, Intent, Reading, Understanding, understanding
from tenant_apps.booking.selectors import TenantSnapshot
from tenant_apps.business.selectors import HoursLine, format_phone

CONFIRM: Final = "confirm"
CONTACT = ("customerPhone", "customerEmail")
MAX_NOTES = 1000
MAX_SUGGESTIONS = 6

_QUESTIONS: dict[Asking, str] = {
    "requestedService": _("What would you like?"),
    "preferredDateTimeText": _("When would suit you?"),
    "customerName": _("What is your name?"),
    "customerPhone": _("How can we reach you? A phone number or an email address, either is enough."),
    "customerEmail": _("Which email address can we use?"),
    "notes": _("What else should we know?"),
}
_LABELS = {
    "requestedService": _("Service"),
    "preferredDateTimeText": _("When"),
    "customerName": _("Name"),
    "customerPhone": _("Phone"),
    "customerEmail": _("Email"),
    "notes": _("Notes"),
}
_CHOICES: dict[str, Asking] = {
    _("The service"): "requestedService",
    _("The time"): "preferredDateTimeText",
    _("My name"): "customerName",
    _("How to reach me"): "customerPhone",
    _("Add a note"): "notes",
}
_GO_ON = _("Yes, go on")
_CHANGE = _("Change something")
_TIMES = (_("Today"), _("Tomorrow"), _("This weekend"), _("Next week"))
_MORE = re.compile(r"\b(?:also|too|plus|as well|and (?:a|an|some)|tambi[eé]n|adem[aá]s)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Turn:
    """The assistant's side of one exchange. `asking` is a slot's name, `confirm` or None."""

    reply: str
    slots: dict[str, str]
    asking: Asking | None
    suggestions: tuple[str, ...]
    done: bool
    language: str


def take_turn(
    *,
    snapshot: TenantSnapshot,
    message: str,
    slots: Mapping[str, str],
    asking: str | None,
    reader: Understanding = understanding,
) -> Turn:
    """Answer one message. `slots` are those known before it; `reader` is who understands the sentence."""
    business = snapshot.business
    choice = _find_choice(message)
    if choice is not None or _is_ours(message, _CHANGE):
        language = "en" if any(_is_same(message, text) for text in (*_CHOICES, _CHANGE)) else "es"
        reading = Reading(slots={}, intents=frozenset({Intent.CHANGE}), about=choice, language=language)
    else:
        reading = reader.read(
            message,
            Context(
                services=business.services,
                region=business.region,
                business_name=business.name,
                asking=asking,
                known=slots,
                language=get_language() or business.language,
            ),
        )
    with translation.override(reading.language):
        return _Conversation(snapshot, reading, dict(slots), asking, message).answer()


def _find_choice(message: str) -> Asking | None:
    """The slot that a tap on one of our own suggestions asks to change; in whichever language it was shown."""
    return next((slot for choice, slot in _CHOICES.items() if _is_ours(message, choice)), None)


def _is_ours(message: str, suggestion: str) -> bool:
    return any(_is_same(message, _in(language, suggestion)) for language in ("en", "es"))


def _is_same(message: str, text: str) -> bool:
    return message.strip(" .!").casefold() == text.casefold()


def _in(language: str, text: str) -> str:
    with translation.override(language):
        return gettext(text)


class _Conversation:
    """One turn, in the language that is active."""

    def __init__(
        self, snapshot: TenantSnapshot, reading: Reading, slots: dict[str, str], asking: str | None, message: str
    ) -> None:
        self.business = snapshot.business
        self.booking = snapshot.booking
        self.reading = reading
        self.asking = asking
        self.slots = {} if Intent.RESTART in reading.intents else _merge(slots, reading.slots, message)
        self.changed = self.slots != slots
        self.now: datetime = timezone.now()

    def answer(self) -> Turn:
        missing = self._find_missing()
        if missing is None and self.asking == CONFIRM and self._agrees():
            return self._turn([self._farewell()], asking=None, done=True)
        said = list(self._react())
        if self.reading.is_bad_phone or self.reading.is_bad_email:
            return self._turn([*said, self._contact_problem()], asking="customerPhone")
        about = next((slot for slot in _QUESTIONS if slot == self.reading.about), None)
        if about is not None and about not in self.reading.slots:
            return self._turn([*said, gettext(_QUESTIONS[about])], asking=about)
        if missing is not None:
            if not said and self._was_lost():
                said.append(gettext("Sorry, I did not get that."))
            elif not said and self.changed:
                said.append(gettext("Got it."))
            return self._turn([*said, gettext(_QUESTIONS[missing])], asking=missing)
        if self._wants_change():
            choices = tuple(gettext(choice) for choice in _CHOICES)
            return self._turn([*said, gettext("What should I change?")], asking=CONFIRM, suggestions=choices)
        return self._turn([*said, self._summary()], asking=CONFIRM)

    def _turn(
        self, parts: list[str], *, asking: Asking | None, suggestions: tuple[str, ...] | None = None, done: bool = False
    ) -> Turn:
        if suggestions is None:
            suggestions = () if done else self._suggest(asking)
        return Turn(
            reply="\n\n".join(parts) if asking == CONFIRM else " ".join(parts),
            slots=self.slots,
            asking=asking,
            suggestions=suggestions,
            done=done,
            language=get_language() or "en",
        )

    # ---- what is known, and what the visitor means by it ---------------------------------------------------------

    def _find_missing(self) -> Asking | None:
        order: tuple[Asking, ...] = ("requestedService", "preferredDateTimeText", "customerName")
        for slot in order:
            if slot not in self.slots:
                return slot
        return None if any(slot in self.slots for slot in CONTACT) else "customerPhone"

    def _agrees(self) -> bool:
        intents = self.reading.intents
        return Intent.YES in intents and not self.changed and not intents & {Intent.NO, Intent.CHANGE}

    def _wants_change(self) -> bool:
        if self.asking != CONFIRM or self.changed:
            return False
        return bool(self.reading.intents & {Intent.NO, Intent.CHANGE})

    def _was_lost(self) -> bool:
        return not self.changed and not self.reading.intents

    # ---- what is said ----------------------------------------------------------------------------------------------

    def _react(self) -> Iterator[str]:
        """What is said about the message itself, before the next question."""
        if self.reading.had_card_number:
            yield gettext("Please do not send card numbers here. I have left it out: nothing is paid on this page.")
        answers = {
            Intent.RESTART: self._restart,
            Intent.GREETING: self._greet,
            Intent.ASK_HOURS: self._hours,
            Intent.ASK_ADDRESS: self._address,
            Intent.ASK_PHONE: self._contact,
            Intent.ASK_EMAIL: self._contact,
            Intent.ASK_HUMAN: self._contact,
            Intent.ASK_SERVICES: self._services,
            Intent.ASK_PRICE: self._price,
            Intent.ASK_OTHER: self._unknown,
            Intent.ASK_AVAILABILITY: self._calendar,
            Intent.ASK_IF_SETTLED: self._not_settled,
            Intent.ASK_PAYMENT: self._payment,
            Intent.ASK_WHAT_NEXT: self._what_next,
            Intent.CANCEL: self._elsewhere,
            Intent.THANKS: self._welcome,
        }
        if self.reading.had_card_number:
            answers.pop(Intent.ASK_PAYMENT)  # that nothing is paid here has been said
        said = [say() for intent, say in answers.items() if intent in self.reading.intents]
        yield from dict.fromkeys(text for text in said if text)

    def _restart(self) -> str:
        return gettext("All right, from the start.")

    def _greet(self) -> str:
        return gettext("Hello!") if not self.changed and self.asking is None else ""

    def _welcome(self) -> str:
        return gettext("You are welcome.") if not self.changed else ""

    def _hours(self) -> str:
        if not self.business.hours:
            return self._ask_them(gettext("I do not know the opening hours."))
        lines = self.business.list_hours(now=self.now, language=get_language() or "en")
        return gettext("Opening hours:") + "\n" + "\n".join(_group_hours(lines)) + "\n"

    def _address(self) -> str:
        if not self.business.address:
            return self._ask_them(gettext("I do not have an address for you."))
        return gettext("You find us here: %(address)s.") % {"address": self.business.address}

    def _services(self) -> str:
        if not self.business.services:
            return ""
        return gettext("We offer: %(services)s.") % {"services": ", ".join(self.business.services)}

    def _contact(self) -> str:
        ways = [way for way in (self.business.phone_display, self.business.email) if way]
        if not ways:
            return gettext("Leave your details and %(name)s will get in touch with you.") % {"name": self.business.name}
        reach = gettext(" or ").join(ways)
        return gettext("You reach %(name)s at %(reach)s.") % {"name": self.business.name, "reach": reach}

    def _ask_them(self, text: str) -> str:
        return f"{text} {self._contact()}"

    def _price(self) -> str:
        return self._ask_them(gettext("I do not know the prices."))

    def _unknown(self) -> str:
        return self._ask_them(gettext("I do not know that."))

    def _calendar(self) -> str:
        if not self.booking.ready:
            return gettext("I cannot see the calendar. Tell me what would suit you, and I pass it on.")
        text = gettext("I cannot see the calendar; %(provider)s shows it in the next step. When would suit you best?")
        return text % {"provider": self.booking.provider_name}

    def _not_settled(self) -> str:
        if not self.booking.ready:
            text = gettext("Not yet: I pass your request on, and %(name)s gets in touch with you.")
            return text % {"name": self.business.name}
        text = gettext("Not yet: I pass your request on, and you pick your time on %(provider)s.")
        return text % {"provider": self.booking.provider_name}

    def _payment(self) -> str:
        if not self.booking.ready:
            return gettext("Nothing is paid here.")
        text = gettext("Nothing is paid here. Should %(provider)s ask for a payment, it is on their own page.")
        return text % {"provider": self.booking.provider_name}

    def _what_next(self) -> str:
        if not self.booking.ready:
            text = gettext("I pass your request on, and %(name)s gets in touch with you to find a time.")
            return text % {"name": self.business.name}
        text = gettext("I take down what you would like, then you continue to %(provider)s and pick your time there.")
        return text % {"provider": self.booking.provider_name}

    def _elsewhere(self) -> str:
        return self._ask_them(gettext("I can only take new requests. To change an earlier one, please talk to them."))

    def _contact_problem(self) -> str:
        if self.reading.is_bad_phone:
            return gettext("I could not read that phone number. Please send it with area code, or an email address.")
        return gettext("That email address does not look complete. Please send it again, or a phone number.")

    def _summary(self) -> str:
        shown = dict(self.slots)
        if "customerPhone" in shown:
            shown["customerPhone"] = format_phone(shown["customerPhone"], region=self.business.region)
        lines = [f"{gettext(label)}: {shown[slot]}" for slot, label in _LABELS.items() if slot in shown]
        ask = gettext("Is that right? Then I pass it on.")
        return "\n".join([gettext("Here is what I have:"), *lines, ask])

    def _farewell(self) -> str:
        name = {"name": self.slots["customerName"].split()[0], "provider": self.booking.provider_name}
        if not self.booking.ready:
            return gettext("Thank you, %(name)s. One moment, I pass it on.") % name
        return gettext("Thank you, %(name)s. One moment: next you continue to %(provider)s.") % name

    def _suggest(self, asking: Asking | None) -> tuple[str, ...]:
        if asking == "requestedService":
            return self.business.services[:MAX_SUGGESTIONS]
        if asking == "preferredDateTimeText":
            return tuple(gettext(text) for text in _TIMES)
        if asking == CONFIRM:
            return gettext(_GO_ON), gettext(_CHANGE)
        return ()


def _merge(known: Mapping[str, str], new: Mapping[str, str], message: str) -> dict[str, str]:
    """What is known after a message: new values replace old ones; notes, and services asked for as well, add up."""
    merged = {**known, **new}
    notes = [known.get("notes", ""), new.get("notes", "")]
    if all(notes) and notes[1] not in notes[0]:
        merged["notes"] = ". ".join(notes)[:MAX_NOTES]
    elif notes[0]:
        merged["notes"] = notes[0]
    services = [known.get("requestedService", ""), new.get("requestedService", "")]
    if all(services) and services[0] not in services[1] and _MORE.search(message):
        merged["requestedService"] = " + ".join(services)[:120]
    return merged


def _group_hours(lines: list[HoursLine]) -> Iterator[str]:
    """Days in a row with the same hours share a line."""
    for text, days in groupby(lines, key=lambda line: line.text):
        labels = [day.label for day in days]
        span = labels[0] if len(labels) == 1 else f"{labels[0]} – {labels[-1]}"
        yield f"{span}: {text}"
