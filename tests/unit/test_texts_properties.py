"""What holds for every phone number, address and text: reading again changes nothing, and no card number stays."""

import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from shared_apps.texts import has_controls, is_visible, parse_email, parse_phone
from tenant_apps.assistant.understanding import Context, understanding
from tenant_apps.handoffs.validators import CARD_REMOVED, _luhn, remove_card_numbers

REGIONS = ["US", "GB", "DE", "MX", "ES", "AU"]
NO_DIGITS = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20)
PHONES = st.text("0123456789+()-. x#*\u0661\uff17a", max_size=24) | st.text(max_size=24)
# Prefix and length of the networks, ISO/IEC 7812, and numbers beside theirs that are nobody's.
NETWORKS = [
    ("4", 16), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15), ("300", 14),
    ("305", 14), ("36", 14), ("38", 14), ("3528", 16), ("3589", 16), ("6011", 16), ("644", 19), ("62", 19), ("50", 13),
    ("56", 19), ("69", 19),
]  # fmt: skip
NO_NETWORKS = [("2220", 16), ("2721", 16), ("306", 14), ("3527", 16), ("3590", 16), ("1", 16), ("9", 16), ("4", 13)]


@given(text=PHONES, region=st.sampled_from(REGIONS))
@example(text="+1 772 555 0177", region="DE")
def test_phone_number_read_again_is_the_same_everywhere(text: str, region: str) -> None:
    number = parse_phone(text, region=region)

    if number is None:
        return
    assert re.fullmatch(r"\+[1-9]\d{3,14}", number)
    assert {parse_phone(number, region=each) for each in REGIONS} == {number}


@given(text=st.emails() | st.text(max_size=60))
def test_address_read_again_is_the_same(text: str) -> None:
    address = parse_email(text)

    if address is None:
        return
    assert parse_email(address) == address
    assert len(address) <= 254
    assert not has_controls(address)
    assert address.count("@") == 1
    assert not set(address) & set(" ,;<>")


def _complete(body: str) -> str:
    [last] = [digit for digit in "0123456789" if _luhn(body + digit)]
    return body + last


@pytest.mark.parametrize(("prefix", "length"), NETWORKS)
def test_card_of_each_network_is_taken_out(prefix: str, length: int) -> None:
    assert remove_card_numbers(_complete(prefix.ljust(length - 1, "0"))) == CARD_REMOVED


@pytest.mark.parametrize(("prefix", "length"), NO_NETWORKS)
def test_number_of_no_network_stays(prefix: str, length: int) -> None:
    number = _complete(prefix.ljust(length - 1, "0"))
    assert remove_card_numbers(number) == number


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("3782 822463 10005 12/29", "[removed] 12/29"),
        ("4242 4242 4242 4242 5555 5555 5555 4444 12", "[removed] [removed] 12"),
        ("12 4242 4242 4242 4242", "12 [removed]"),
        ("\u0664242 4242 4242 4242", "[removed]"),
        ("+378282246310005", "+378282246310005"),  # a phone number
    ],
)
def test_card_among_other_digits_is_taken_out_alone(text: str, cleaned: str) -> None:
    assert remove_card_numbers(text) == cleaned


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A card number that passes its check digit, as people write it."""
    prefix, length = draw(st.sampled_from(NETWORKS))
    rest = draw(st.lists(st.integers(0, 9), min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    body = prefix + "".join(map(str, rest))
    separator = draw(st.sampled_from(["", " ", "-", ".", "\xa0", "\u2009", "\u3000", "\t", "\u2010", "\u2013"]))
    digits = _complete(body)
    return separator.join(digits[start : start + 4] for start in range(0, length, 4))


@given(
    card=cards(),
    before=NO_DIGITS.filter(lambda text: not text.endswith("+")),
    after=NO_DIGITS,
)
@settings(max_examples=300)
def test_no_card_number_stays(card: str, before: str, after: str) -> None:
    cleaned = remove_card_numbers(f"{before}{card}{after}")

    assert cleaned == f"{before}{CARD_REMOVED}{after}"
    assert remove_card_numbers(cleaned) == cleaned


@given(text=st.text(max_size=200))
def test_text_without_a_card_number_stays_as_typed(text: str) -> None:
    assume(len(re.findall(r"\d", text)) < 13)

    assert remove_card_numbers(text) == text


@given(text=st.text(max_size=20))
@example(text="\u200b \u200b")
@example(text="\u2003")
@example(text="\u3164")
@example(text="\u2800 \u115f\u1160\uffa0")
def test_text_of_nothing_one_sees_is_told_from_the_rest(text: str) -> None:
    seen = [character for character in text if character not in "\u115f\u1160\u2800\u3164\uffa0"]
    assert is_visible(text) is any(character.isprintable() and not character.isspace() for character in seen)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


PIECES = st.sampled_from(
    ["haircut", " on friday", " at 5", " my name is Jo", " 772-555-0177", " jo@x.example", ", ", "no, ", "yes", "?",
     " actually", " instead of", "tomorrow", "\n", "'", "(", " pelo", " el viernes", "1", " card 4111 1111 1111 1111"]
)  # fmt: skip
ASKING = st.sampled_from([None, "customerName", "customerPhone", "requestedService", "preferredDateTimeText", "notes"])


@given(message=st.lists(PIECES | st.text(max_size=6), min_size=1, max_size=8).map("".join), asking=ASKING)
@settings(deadline=None, max_examples=150)
def test_reading_a_message_never_fails_and_invents_nothing(message: str, asking: str | None) -> None:
    context = Context(services=("Haircut", "Colour"), region="US", asking=asking, business_name="Coastal Cuts")

    slots = understanding.read(message, context).slots

    for name, value in slots.items():
        assert value
        if name == "preferredDateTimeText":  # kept as typed
            for part in value.split(", "):
                assert _letters(part) in _letters(message)
        if name == "customerPhone":
            assert re.fullmatch(r"[+\d][\d ().\-x]*", value)
        assert not re.search(r"4111 1111 1111 1111(?!\d)", value)  # one digit more, and it is no card's number


@pytest.mark.parametrize("region", REGIONS)
def test_number_of_another_country_needs_its_prefix(region: str) -> None:
    assert parse_phone("+49 151 5550100", region=region) == "+491515550100"
