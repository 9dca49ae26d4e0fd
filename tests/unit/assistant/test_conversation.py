"""One turn of the conversation: what is said, what is asked next, and what is kept."""

from dataclasses import replace

import pytest
from django.utils import translation

from tenant_apps.assistant.services import Turn, take_turn
from tenant_apps.assistant.understanding import Context, Intent, Reading
from tenant_apps.booking.models import BookingSettings
from tenant_apps.booking.selectors import TenantSnapshot, to_public_booking
from tenant_apps.business.selectors import BusinessCard

CARD = BusinessCard(
    name="Coastal Cuts",
    industry="salon",
    phone="+17725550100",
    email="hello@coastal.example",
    address="12 Ocean Drive",
    hours=(("mon", "09:00", "17:00"), ("tue", "09:00", "17:00"), ("thu", "10:00", "18:00")),
    services=("Haircut", "Colour", "Highlights", "Blow-dry", "Beard trim", "Perm", "Updo"),
    brand_colour="#123456",
    time_zone="America/New_York",
    region="US",
    language="en",
    frame_origins=(),
)
NOTHING_KNOWN = replace(CARD, phone="", email="", address="", hours=(), services=())
CALENDLY = BookingSettings(
    external_booking_url="https://calendly.com/coastal/cut", external_booking_provider_name="Calendly"
)
READY = TenantSnapshot(business=CARD, booking=to_public_booking(CALENDLY))
NO_URL = TenantSnapshot(business=CARD, booking=to_public_booking(BookingSettings()))
SILENT = TenantSnapshot(business=NOTHING_KNOWN, booking=to_public_booking(BookingSettings()))
FULL = {
    "requestedService": "Haircut",
    "preferredDateTimeText": "Friday",
    "customerName": "Ann Lee",
    "customerEmail": "ann@example.com",
}


def say(
    message: str, slots: dict[str, str] | None = None, asking: str | None = None, *, to: TenantSnapshot = READY
) -> Turn:
    with translation.override("en"):
        return take_turn(snapshot=to, message=message, slots=slots or {}, asking=asking)


def test_a_conversation_ends_by_a_yes_to_the_whole_summary_alone() -> None:
    assert say("Yes.", FULL, "confirm").done
    for slots, asking in ((FULL, "customerName"), (FULL, None), (FULL | {"customerEmail": ""}, "confirm")):
        turn = say("yes", {slot: text for slot, text in slots.items() if text}, asking)
        assert (turn.done, turn.asking is None) == (False, False)


@pytest.mark.parametrize(
    "message",
    [
        "yes but not Friday",
        "yes, but another day",
        "yes, except the name",
        "sí, pero no el viernes",
        "yes, the time is wrong",
    ],
)
def test_a_yes_with_a_reserve_ends_nothing(message: str) -> None:
    turn = say(message, FULL, "confirm")
    assert (turn.done, turn.slots) == (False, FULL)
    assert turn.asking is not None
    assert "Here is what I have" not in turn.reply


@pytest.mark.parametrize("message", ["yes, that is all, thanks", "yes, not a problem", "sí, todo bien", "perfect 👍"])
def test_a_yes_in_more_words_is_a_yes(message: str) -> None:
    assert say(message, FULL, "confirm").done


def test_a_yes_that_changes_something_shows_the_summary_again() -> None:
    turn = say("yes, Saturday", FULL, "confirm")
    assert (turn.done, turn.asking, turn.slots) == (False, "confirm", FULL | {"preferredDateTimeText": "Saturday"})


@pytest.mark.parametrize(("to", "then"), [(READY, "next you continue to Calendly."), (NO_URL, "I pass it on.")])
def test_the_last_word_names_the_visitor_and_what_follows(to: TenantSnapshot, then: str) -> None:
    turn = say("yes", FULL, "confirm", to=to)
    assert turn.reply == f"Thank you, Ann. One moment{':' if to is READY else ','} {then}"
    assert (turn.asking, turn.suggestions, turn.slots) == (None, (), FULL)


def test_starting_over_forgets_everything() -> None:
    turn = say("start over", FULL, "confirm")
    assert (turn.slots, turn.asking) == ({}, "requestedService")
    assert turn.reply == "All right, from the start. What would you like?"


def test_summary_shows_all_that_is_kept_a_line_each() -> None:
    slots = FULL | {"customerPhone": "+17725550177", "notes": "Short sides"}
    assert say("no", slots).reply.split("\n") == [
        "Here is what I have:",
        "Service: Haircut",
        "When: Friday",
        "Name: Ann Lee",
        "Phone: (772) 555-0177",
        "Email: ann@example.com",
        "Notes: Short sides",
        "Is that right? Then I pass it on.",
    ]


@pytest.mark.parametrize("contact", ["customerPhone", "customerEmail"])
def test_either_contact_is_enough(contact: str) -> None:
    slots = {slot: text for slot, text in FULL.items() if slot != "customerEmail"}
    assert say("hello", slots).asking == "customerPhone"
    assert say("hello", slots | {contact: "x"}).asking == "confirm"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("772-555", "I could not read that phone number. Please send it with area code, or an email address."),
        ("mail me at ana@", "That email address does not look complete. Please send it again, or a phone number."),
    ],
)
def test_a_contact_that_cannot_be_used_is_told_and_asked_for_again(message: str, told: str) -> None:
    turn = say(message, FULL, "customerPhone")
    assert (turn.reply, turn.asking, turn.slots) == (told, "customerPhone", FULL)


NO_CARDS = "Please do not send card numbers here. I have left it out: nothing is paid on this page."


@pytest.mark.parametrize(
    ("message", "slots", "asking", "reply"),
    [
        ("hi", {}, None, "Hello! What would you like?"),
        ("hi", {}, "customerName", "What would you like?"),
        ("hi, a haircut", {}, None, "Got it. When would suit you?"),
        ("asdf", {}, None, "Sorry, I did not get that. What would you like?"),
        ("where are you?", {}, None, "You find us here: 12 Ocean Drive. What would you like?"),
        ("a haircut. Where are you?", {}, None, "You find us here: 12 Ocean Drive. When would suit you?"),
        ("tomorrow", {"requestedService": "Haircut"}, "preferredDateTimeText", "Got it. What is your name?"),
        ("thanks", {"requestedService": "Haircut"}, "preferredDateTimeText", "You are welcome. When would suit you?"),
        ("thanks, Friday", {"requestedService": "Haircut"}, "preferredDateTimeText", "Got it. What is your name?"),
        ("4242 4242 4242 4242", {}, None, f"{NO_CARDS} What would you like?"),
        ("no, where are you?", FULL, "confirm", "You find us here: 12 Ocean Drive.\n\nWhat should I change?"),
        ("change the time, where are you?", FULL, "confirm", "You find us here: 12 Ocean Drive. When would suit you?"),
        ("the name is wrong", FULL, "confirm", "What is your name?"),
        ("La hora", FULL, "confirm", "¿Cuándo te vendría bien?"),
    ],
)
def test_what_is_said_before_the_next_question(
    message: str, slots: dict[str, str], asking: str | None, reply: str
) -> None:
    assert say(message, slots, asking).reply == reply


REACH = "You reach Coastal Cuts at (772) 555-0100 or hello@coastal.example."
LEAVE = "Leave your details and Coastal Cuts will get in touch with you."
ELSEWHERE = "I can only take new requests. To change an earlier one, please talk to them."
PASS = "I pass your request on, and"


@pytest.mark.parametrize(
    ("message", "ready", "silent"),
    [
        ("what are your hours?", "Opening hours:", f"I do not know the opening hours. {LEAVE}"),
        ("where are you?", "You find us here: 12 Ocean Drive.", f"I do not have an address for you. {LEAVE}"),
        ("what is your email?", REACH, LEAVE),
        ("can I talk to a human? what is your number?", f"{REACH} What would", f"{LEAVE} What would"),
        ("which services do you offer?", "We offer: Haircut, Colour, Highlights, Blow-dry", "What would you like?"),
        ("how much is it?", f"I do not know the prices. {REACH}", f"I do not know the prices. {LEAVE}"),
        ("do you allow children?", f"I do not know that. {REACH}", f"I do not know that. {LEAVE}"),
        ("cancel my appointment", f"{ELSEWHERE} {REACH}", f"{ELSEWHERE} {LEAVE}"),
        ("when are you free?", "I cannot see the calendar; Calendly shows it", "I cannot see the calendar. Tell me"),
        ("am I booked?", f"Not yet: {PASS} you pick", f"Not yet: {PASS} Coastal Cuts gets in touch"),
        ("can I pay here?", "Nothing is paid here. Should Calendly ask", "Nothing is paid here. What would"),
        ("how does it work?", "I take down what you would like, then you continue", f"{PASS} Coastal Cuts"),
    ],
)  # fmt: skip
def test_a_question_is_answered_by_what_is_known_of_the_business(message: str, ready: str, silent: str) -> None:
    assert say(message).reply.startswith(ready)
    assert say(message, to=SILENT).reply.startswith(silent)
    assert say(message).slots == {}


def test_days_in_a_row_with_the_same_hours_share_a_line() -> None:
    days = [line.split(":")[0] for line in say("what are your hours?").reply.split("\n")[1:5]]
    assert days == ["Monday – Tuesday", "Wednesday", "Thursday", "Friday – Sunday"]


def test_what_can_be_tapped_fits_what_is_asked() -> None:
    assert say("hi").suggestions == CARD.services[:6]
    assert say("a haircut").suggestions == ("Today", "Tomorrow", "This weekend", "Next week")
    assert say("hello", FULL).suggestions == ("Yes, go on", "Change something")
    assert say("no", FULL, "confirm").suggestions == (
        "The service",
        "The time",
        "My name",
        "How to reach me",
        "Add a note",
    )
    assert say("tomorrow", {"requestedService": "Haircut"}).suggestions == ()


@pytest.mark.parametrize(
    ("message", "known", "notes"),
    [
        ("I'm allergic to ammonia", "Short sides", "Short sides. I'm allergic to ammonia"),
        ("short sides", "I like short sides", "I like short sides"),
        ("yes", "Short sides", "Short sides"),
        ("I'm allergic to ammonia", "x" * 995, "x" * 995 + ". I'm"),
    ],
)
def test_notes_add_up_within_their_limit(message: str, known: str, notes: str) -> None:
    assert say(message, FULL | {"notes": known}, "notes").slots["notes"] == notes


@pytest.mark.parametrize(
    ("message", "known", "service"),
    [
        ("also a perm", "Haircut", "Haircut + Perm"),
        ("a perm instead", "Haircut", "Perm"),
        ("haircut and also a perm", "Haircut", "Haircut + Perm"),
        ("also a perm", "x" * 115, "x" * 115 + " + Pe"),
    ],
)
def test_a_further_service_is_added_only_where_it_is_said_so(message: str, known: str, service: str) -> None:
    assert say(message, FULL | {"requestedService": known}, "confirm").slots["requestedService"] == service


class Told:
    """A reader that keeps what it was told, and reads what it was made for."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.context: Context | None = None

    def read(self, message: str, context: Context) -> Reading:
        """See `Understanding`."""
        self.context = context
        return self.reading


def test_the_reader_is_told_the_business_and_the_conversation_so_far() -> None:
    reader = Told(Reading(slots={}))
    with translation.override("es"):
        take_turn(snapshot=READY, message="x", slots=FULL, asking="customerName", reader=reader)
    assert reader.context == Context(
        services=CARD.services,
        region="US",
        business_name="Coastal Cuts",
        asking="customerName",
        known=FULL,
        language="es",
    )


def test_a_slot_that_was_changed_at_once_is_not_asked_for() -> None:
    reading = Reading(slots={"customerName": "Bob"}, intents=frozenset({Intent.CHANGE}), about="customerName")
    turn = take_turn(snapshot=READY, message="x", slots=FULL, asking="confirm", reader=Told(reading))
    assert (turn.asking, turn.slots) == ("confirm", FULL | {"customerName": "Bob"})


def test_the_same_answer_to_two_questions_is_said_once() -> None:
    assert say("what is your email? what is your phone number?").reply.count("You reach") == 1


@pytest.mark.parametrize("message", ["do you have any openings?", "any slots?", "do you have any spots?"])
def test_who_asks_for_openings_has_named_no_service(message: str) -> None:
    turn = say(message)
    assert turn.slots == {}
    assert "I cannot see the calendar" in turn.reply
