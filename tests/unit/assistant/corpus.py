"""The corpus: what visitors write, and what each message gives."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tenant_apps.assistant.understanding import Context, understanding
from tenant_apps.business.industries import get_industry

SLOT_BY_KEY = {
    "name": "customerName",
    "phone": "customerPhone",
    "email": "customerEmail",
    "service": "requestedService",
    "time": "preferredDateTimeText",
    "notes": "notes",
}


@dataclass(frozen=True)
class Row:
    """One message, what it is said in answer to, and the slots it gives."""

    language: str
    say: str
    slots: dict[str, str]
    context: Context

    def read(self) -> dict[str, str]:
        """Return the slots that the rules find."""
        return dict(understanding.read(self.say, self.context).slots)


def load(language: str) -> Iterator[Row]:
    """Read corpus_<language>.toml, then corpus_<language>_more.toml."""
    files = sorted(Path(__file__).parent.glob(f"corpus_{language}*.toml"))
    for row in (row for file in files for row in tomllib.loads(file.read_text(encoding="utf-8"))["rows"]):
        yield Row(
            language=language,
            say=row["say"],
            slots={slot: row[key] for key, slot in SLOT_BY_KEY.items() if key in row},
            context=Context(
                services=get_industry(row.get("at", "salon")).services,
                region=row.get("region", "US"),
                asking=row.get("asking"),
                known=row.get("known", {}),
                language=language,
            ),
        )


def measure(rows: list[Row]) -> dict[str, float]:
    """Return the share of rows, in percent, in which a slot is exactly right: found as it is, or rightly not found."""
    right = dict.fromkeys(SLOT_BY_KEY.values(), 0)
    for row in rows:
        found = row.read()
        for slot in right:
            right[slot] += found.get(slot) == row.slots.get(slot)
    return {slot: 100 * count / len(rows) for slot, count in right.items()}
