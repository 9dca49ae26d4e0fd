"""The registry of industries: data only. A page's words and accent come from here, its structure never does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Industry:
    """One kind of business. `accent` is "#rrggbb"; `services` is what a new tenant of it starts with."""

    slug: str
    label: str
    tagline: str
    about: str
    accent: str
    services: tuple[str, ...]


_INDUSTRIES = (
    Industry(
        "salon",
        "Hair salon",
        "Good hair, unhurried.",
        "Cuts, colour and styling by people who listen first.",
        "#9d2f5c",
        ("Haircut", "Colour", "Highlights", "Blow-dry", "Beard trim"),
    ),
    Industry(
        "barbershop",
        "Barbershop",
        "Sharp cuts, straight talk.",
        "Fades, beards and hot towels, the way you like them.",
        "#7a3b12",
        ("Haircut", "Skin fade", "Beard trim", "Hot towel shave", "Kids' cut"),
    ),
    Industry(
        "med-spa",
        "Med spa",
        "Skin care with a clinical eye.",
        "Treatments planned around your skin, by trained hands.",
        "#2f6f73",
        ("Facial", "Chemical peel", "Microneedling", "Laser hair removal", "Consultation"),
    ),
    Industry(
        "dental",
        "Dental practice",
        "A calm place for your teeth.",
        "Check-ups, cleaning and care for the whole family.",
        "#1f5fa8",
        ("Check-up", "Cleaning", "Whitening", "Filling", "Emergency visit"),
    ),
    Industry(
        "fitness",
        "Fitness studio",
        "Stronger, one session at a time.",
        "Coaching and classes for every starting point.",
        "#b3341f",
        ("Personal training", "Group class", "Yoga", "Pilates", "Trial session"),
    ),
    Industry(
        "massage",
        "Massage",
        "Let go of the week.",
        "Massage that finds the knot and takes its time.",
        "#5c5f2a",
        ("Swedish massage", "Deep tissue", "Hot stone", "Sports massage", "Prenatal massage"),
    ),
    Industry(
        "auto-detailing",
        "Auto detailing",
        "Your car, like the first day.",
        "Inside and out, by hand, with the right products.",
        "#20476e",
        ("Exterior wash", "Interior detail", "Full detail", "Ceramic coating", "Headlight restoration"),
    ),
    Industry(
        "home-services",
        "Home services",
        "The job, done right.",
        "Repairs and upkeep by people who show up on time.",
        "#3a6336",
        ("Plumbing", "Electrical", "House cleaning", "Handyman", "Estimate"),
    ),
    Industry(
        "pet-grooming",
        "Pet grooming",
        "Happy, clean and fluffy.",
        "Gentle grooming for dogs and cats of every temper.",
        "#8a4b14",
        ("Bath and brush", "Full groom", "Nail trim", "De-shedding", "Puppy's first groom"),
    ),
    Industry(
        "photography",
        "Photography",
        "Pictures you will keep.",
        "Portraits, families and events in good light.",
        "#4a4063",
        ("Portrait session", "Family session", "Newborn session", "Event coverage", "Headshots"),
    ),
    Industry(
        "tutoring",
        "Tutoring",
        "From stuck to sure.",
        "Patient one-to-one lessons at your pace.",
        "#27588a",
        ("Maths", "English", "Science", "Exam preparation", "Trial lesson"),
    ),
    Industry(
        "restaurant",
        "Restaurant",
        "A table, good food, your people.",
        "Seasonal cooking and a room that feels like home.",
        "#7d2b2b",
        ("Table for two", "Table for four", "Large party", "Private dining", "Tasting menu"),
    ),
    Industry(
        "other",
        "Local business",
        "Here for you.",
        "Tell us what you need and when it suits you.",
        "#31506b",
        ("Appointment", "Consultation", "Question"),
    ),
)

INDUSTRIES: dict[str, Industry] = {industry.slug: industry for industry in _INDUSTRIES}


def get_industry(slug: str) -> Industry:
    """Return the industry of that slug; the general one when it is unknown."""
    return INDUSTRIES.get(slug, INDUSTRIES["other"])
