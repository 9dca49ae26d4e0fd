"""The demo tenants, as data. Three always, and one of each industry on request."""

from dataclasses import dataclass, field
from itertools import cycle

from tenant_apps.business.selectors import INDUSTRIES

DEMO_PASSWORD = "handoff-demo"  # noqa: S105 - printed on purpose; the command refuses to run in production
PLATFORM_ADMIN = "admin@platform.example"


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo tenant. An empty `booking_url` is the failure case: external, and nowhere to send the visitor."""

    subdomain: str
    name: str
    industry: str
    provider_name: str
    booking_url: str
    embed_mode: str = "redirect"
    phone: str = "+17725550100"
    address: str = ""
    disclaimer: str = ""
    services: tuple[str, ...] = field(default=())

    @property
    def industry_label(self) -> str:
        return INDUSTRIES[self.industry].label

    @property
    def owner_email(self) -> str:
        return f"owner@{self.subdomain}.example"

    @property
    def staff_email(self) -> str:
        return f"staff@{self.subdomain}.example"

    @property
    def business_email(self) -> str:
        return f"hello@{self.subdomain}.example"


CORE_DEMOS = (
    Demo(
        subdomain="coastal-cuts",
        name="Coastal Cuts",
        industry="salon",
        provider_name="Calendly",
        booking_url="https://calendly.com/coastal-cuts-demo/haircut",
        phone="+17725550142",
        address="18 Harbor Street, Stuart, FL 34994",
        services=("Haircut", "Colour", "Highlights", "Balayage", "Blow-dry", "Beard trim"),
    ),
    Demo(
        subdomain="harbor-wellness",
        name="Harbor Wellness",
        industry="med-spa",
        provider_name="Acuity",
        booking_url="https://harborwellness.as.me/schedule.php",
        embed_mode="iframe",
        phone="+17725550117",
        address="240 Ocean Boulevard, Stuart, FL 34996",
        disclaimer="Treatments are for adults. Please arrive ten minutes early.",
    ),
    Demo(
        subdomain="sunrise-auto",
        name="Sunrise Auto Detail",
        industry="auto-detailing",
        provider_name="Square",
        booking_url="",
        phone="+17725550163",
        address="5 Industrial Way, Port St. Lucie, FL 34952",
    ),
)

_PROVIDERS = (
    ("Calendly", "https://calendly.com/{slug}-demo/visit"),
    ("Acuity", "https://{slug}-demo.as.me/schedule.php"),
    ("Square", "https://book.squareup.com/appointments/{slug}-demo/location/DEMO1/services"),
    ("Fresha", "https://www.fresha.com/a/{slug}-demo/booking"),
    ("Vagaro", "https://www.vagaro.com/{slug}demo/book-now"),
    ("Mindbody", "https://clients.mindbodyonline.com/classic/ws?studioid=-99"),
)

_NAMES = {
    "salon": "Studio Marigold",
    "barbershop": "Fifth Street Barbers",
    "med-spa": "Lumen Med Spa",
    "dental": "Bright Harbor Dental",
    "fitness": "Northside Strength",
    "massage": "Stillwater Massage",
    "auto-detailing": "Mirror Finish Detailing",
    "home-services": "Oak & Anvil Home Services",
    "pet-grooming": "Happy Tails Grooming",
    "photography": "Golden Hour Photography",
    "tutoring": "Clear Path Tutoring",
    "restaurant": "The Copper Table",
    "other": "Main Street Collective",
}

INDUSTRY_DEMOS = tuple(
    Demo(
        subdomain=slug,
        name=name,
        industry=slug,
        provider_name=provider,
        booking_url=url.format(slug=slug),
        phone=f"+177255501{number:02d}",
        address=f"{number} Main Street, Stuart, FL 34994",
    )
    for number, ((slug, name), (provider, url)) in enumerate(
        zip(_NAMES.items(), cycle(_PROVIDERS), strict=False), start=20
    )
)

DEMO_BY_SUBDOMAIN = {demo.subdomain: demo for demo in (*CORE_DEMOS, *INDUSTRY_DEMOS)}

FIRST_NAMES = (
    "Maria", "James", "Sofia", "Liam", "Ana", "Noah", "Lucía", "Emma", "Mateo", "Olivia", "Carlos", "Ava", "Elena",
    "Ethan", "Isabel", "Grace", "Diego", "Mia", "Rosa", "Henry", "Camila", "Owen", "Julia", "Samuel", "Priya", "Wei",
)  # fmt: skip
LAST_NAMES = (
    "Garcia", "Smith", "Martinez", "Johnson", "Lopez", "Brown", "Hernandez", "Davis", "Perez", "Wilson", "Ramirez",
    "Moore", "Torres", "Taylor", "Rivera", "Anderson", "O'Neill", "Patel", "Chen", "Nguyen", "Müller", "Kowalski",
)  # fmt: skip
WISHES = (
    "Friday after 5", "tomorrow morning", "any day next week", "Saturday around 10", "Tuesday, late afternoon",
    "as soon as possible", "next Wednesday at noon", "weekend if possible", "Thursday before 3", "Monday evening",
)  # fmt: skip
NOTES = (
    "", "", "", "First visit.", "I was here last spring.", "Could it be with the same person as last time?",
    "I may be five minutes late.", "Please call before noon.",
)  # fmt: skip
# Where the visitor came from, and how often of a hundred.
CAMPAIGNS: tuple[tuple[int, dict[str, str]], ...] = (
    (30, {}),
    (22, {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "local-search", "gclid": "demo"}),
    (14, {"referrer": "https://www.google.com/"}),
    (13, {"utm_source": "instagram", "utm_medium": "social", "utm_campaign": "new-season"}),
    (9, {"utm_source": "facebook", "utm_medium": "paid", "utm_campaign": "weekend-offer"}),
    (7, {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "monthly-letter"}),
    (5, {"utm_source": "flyer", "utm_medium": "qr", "utm_campaign": "street-fair"}),
)
# On which page they asked: ours, and those of a business's own site that shows our form.
PAGES: tuple[tuple[int, str], ...] = (
    (44, "/"), (28, "/book"), (12, "/services"), (9, "/prices"), (4, "/team"), (3, "/contact"),
)  # fmt: skip
# How busy the hours of a day are, from midnight, and the days of a week, from Monday.
HOURS = (2, 1, 1, 0, 0, 1, 3, 8, 16, 26, 30, 28, 24, 20, 17, 16, 18, 22, 28, 32, 28, 20, 11, 5)
WEEKDAYS = (10, 9, 10, 12, 14, 13, 6)
