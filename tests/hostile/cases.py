"""The bad inputs, as they stand in `tests/data/bad_inputs.json`: what is sent, and what must come back.

`id` is the row of the threat list that the case is a kind of. One of these says what is sent:

- `lead`: a change of a good lead, to `POST /api/v1/handoffs` and, where it fits a form, to `POST /book`;
- `settings`: a change of good settings, to `PUT /api/v1/settings/booking` as the owner;
- `query`: parameters of the list, its counts and its file, as the owner;
- `login_next`: where a login that succeeds is to lead;
- `click`: parameters of the click on a handoff of its own;
- `request`: a method, a target, headers, and a body or `json`, as `caller`;
- `raw`: the lines of a head, and a body.

`{"$join": ["a", ["b", 3]]}` is the text `abbb`. In texts, `{host}`, `{HOST}`, `{sub}`, `{own}`, `{other}`, `{handoff}`
and `{other handoff}` are filled in.
"""

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parents[1] / "data" / "bad_inputs.json"
KINDS = ("lead", "settings", "query", "login_next", "click", "request", "raw")
Case = dict[str, Any]


def load_cases(*kinds: str) -> list[Case]:
    """Return the cases of those kinds, of all where none is named."""
    cases: list[Case] = [_expand(case) for case in json.loads(PATH.read_text(encoding="utf-8"))]
    return [case for case in cases if not kinds or kind_of(case) in kinds]


def kind_of(case: Case) -> str:
    """Return which of KINDS a case is."""
    [kind] = [kind for kind in KINDS if kind in case]
    return kind


def label(case: Case) -> str:
    """Return a name for a case, of printable characters."""
    return f"{case['id']} {case['name']}".encode("ascii", "backslashreplace").decode()


def _expand(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$join"}:
            return "".join(part if isinstance(part, str) else part[0] * part[1] for part in value["$join"])
        return {_expand(name): _expand(each) for name, each in value.items()}
    return [_expand(each) for each in value] if isinstance(value, list) else value


def fill(text: str, names: dict[str, str]) -> str:
    """Return `text` with the names in braces filled in; other braces are what a visitor may type."""
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text
