"""The registry of industries: data only. A page's words, tone and accent come from here, its structure never does."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop as _


class Tone(StrEnum):
    """How a page of the industry looks: the roundness of its corners and the letters of its headings."""

    WARM = "warm"
    CALM = "calm"
    CRISP = "crisp"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Industry:
    """One kind of business.

    `accent` is "#rrggbb"; `services` is what a new tenant of it starts with; `opening` is the assistant's first line.
    Texts are message ids: translate them where they are shown.
    """

    slug: str
    label: str
    tagline: str
    about: str
    opening: str
    tone: Tone
    accent: str
    services: tuple[str, ...]


_INDUSTRIES = (
    Industry(
        slug="salon",
        label=_("Hair salon"),
        tagline=_("Good hair, unhurried."),
        about=_("Cuts, colour and styling by people who listen first."),
        opening=_("Hi! What would you like done with your hair, and when would suit you?"),
        tone=Tone.WARM,
        accent="#9d2f5c",
        services=("Haircut", "Colour", "Highlights", "Blow-dry", "Beard trim"),
    ),
    Industry(
        slug="barbershop",
        label=_("Barbershop"),
        tagline=_("Sharp cuts, straight talk."),
        about=_("Fades, beards and hot towels, the way you like them."),
        opening=_("Hey! Fade, beard or the works? Tell me what and when."),
        tone=Tone.BOLD,
        accent="#7a3b12",
        services=("Haircut", "Skin fade", "Beard trim", "Hot towel shave", "Kids' cut"),
    ),
    Industry(
        slug="med-spa",
        label=_("Med spa"),
        tagline=_("Skin care with a clinical eye."),
        about=_("Treatments planned around your skin, by trained hands."),
        opening=_("Welcome. Which treatment are you thinking of, and when would you like to come?"),
        tone=Tone.CALM,
        accent="#2f6f73",
        services=("Facial", "Chemical peel", "Microneedling", "Laser hair removal", "Consultation"),
    ),
    Industry(
        slug="dental",
        label=_("Dental practice"),
        tagline=_("A calm place for your teeth."),
        about=_("Check-ups, cleaning and care for the whole family."),
        opening=_("Hello! What do your teeth need, and when could you come in?"),
        tone=Tone.CRISP,
        accent="#1f5fa8",
        services=("Check-up", "Cleaning", "Whitening", "Filling", "Emergency visit"),
    ),
    Industry(
        slug="fitness",
        label=_("Fitness studio"),
        tagline=_("Stronger, one session at a time."),
        about=_("Coaching and classes for every starting point."),
        opening=_("Hi! Which session would you like to try, and when do you like to train?"),
        tone=Tone.BOLD,
        accent="#b3341f",
        services=("Personal training", "Group class", "Yoga", "Pilates", "Trial session"),
    ),
    Industry(
        slug="massage",
        label=_("Massage"),
        tagline=_("Let go of the week."),
        about=_("Massage that finds the knot and takes its time."),
        opening=_("Hello. Which massage would do you good, and when?"),
        tone=Tone.CALM,
        accent="#5c5f2a",
        services=("Swedish massage", "Deep tissue", "Hot stone", "Sports massage", "Prenatal massage"),
    ),
    Industry(
        slug="auto-detailing",
        label=_("Auto detailing"),
        tagline=_("Your car, like the first day."),
        about=_("Inside and out, by hand, with the right products."),
        opening=_("Hi! What should we do for your car, and when could you bring it?"),
        tone=Tone.BOLD,
        accent="#20476e",
        services=("Exterior wash", "Interior detail", "Full detail", "Ceramic coating", "Headlight restoration"),
    ),
    Industry(
        slug="home-services",
        label=_("Home services"),
        tagline=_("The job, done right."),
        about=_("Repairs and upkeep by people who show up on time."),
        opening=_("Hi! What needs doing at your place, and when are you at home?"),
        tone=Tone.CRISP,
        accent="#3a6336",
        services=("Plumbing", "Electrical", "House cleaning", "Handyman", "Estimate"),
    ),
    Industry(
        slug="pet-grooming",
        label=_("Pet grooming"),
        tagline=_("Happy, clean and fluffy."),
        about=_("Gentle grooming for dogs and cats of every temper."),
        opening=_("Hi there! What does your pet need, and when would you like to come by?"),
        tone=Tone.WARM,
        accent="#8a4b14",
        services=("Bath and brush", "Full groom", "Nail trim", "De-shedding", "Puppy's first groom"),
    ),
    Industry(
        slug="photography",
        label=_("Photography"),
        tagline=_("Pictures you will keep."),
        about=_("Portraits, families and events in good light."),
        opening=_("Hello! What kind of pictures do you have in mind, and for when?"),
        tone=Tone.CALM,
        accent="#4a4063",
        services=("Portrait session", "Family session", "Newborn session", "Event coverage", "Headshots"),
    ),
    Industry(
        slug="tutoring",
        label=_("Tutoring"),
        tagline=_("From stuck to sure."),
        about=_("Patient one-to-one lessons at your pace."),
        opening=_("Hi! Which subject is it, and when is a good time for a lesson?"),
        tone=Tone.CRISP,
        accent="#27588a",
        services=("Maths", "English", "Science", "Exam preparation", "Trial lesson"),
    ),
    Industry(
        slug="restaurant",
        label=_("Restaurant"),
        tagline=_("A table, good food, your people."),
        about=_("Seasonal cooking and a room that feels like home."),
        opening=_("Good to see you! How many of you are there, and which evening do you have in mind?"),
        tone=Tone.WARM,
        accent="#7d2b2b",
        services=("Table for two", "Table for four", "Large party", "Private dining", "Tasting menu"),
    ),
    Industry(
        slug="other",
        label=_("Local business"),
        tagline=_("Here for you."),
        about=_("Tell us what you need and when it suits you."),
        opening=_("Hello! What can we do for you, and when would suit you?"),
        tone=Tone.CRISP,
        accent="#31506b",
        services=("Appointment", "Consultation", "Question"),
    ),
)

INDUSTRIES: dict[str, Industry] = {industry.slug: industry for industry in _INDUSTRIES}


def get_industry(slug: str) -> Industry:
    """Return the industry of that slug; the general one when it is unknown."""
    return INDUSTRIES.get(slug, INDUSTRIES["other"])
