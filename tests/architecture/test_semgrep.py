"""Each of this house's own semgrep rules finds what it forbids, and leaves honest code alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

RULES = Path(__file__).parent / "semgrep.yml"
SEMGREP = Path(sys.executable).parent / "semgrep"
FORBIDDEN: dict[str, list[str]] = {
    "with-tenant": ["with tenant:\n    x()", "with request.tenant:\n    x()"],
    "schema-context": ["with schema_context('t_x'):\n    x()", "utils.tenant_context(t)"],
    "raw-connection": ["connection.connection.execute('SELECT 1')", "x().connection.connection"],
    "broker-in-request": ["sweep.delay('t_x')", "sweep.apply_async()", "app.send_task('x')"],
    "names-of-the-request-in-a-query": [
        "Handoff.objects.filter(**request.GET)",
        "Handoff.objects.filter(**request.GET.dict())",
        "rows.exclude(a=1, **request.GET.dict())",
        "rows.order_by(request.GET['order'])",
    ],
    "sql-put-together-as-text": [
        "cursor.execute(f'SELECT {name}')",
        "cursor.execute('SELECT %s' % name)",
        "cursor.execute('SELECT {}'.format(name))",
        "cursor.execute('SELECT ' + name)",
        "rows.extra(where=[x])",
    ],
    "markup-by-hand": ["mark_safe(x)", "SafeString(x)", "HttpResponse(f'<b>{name}</b>')", "format_html(f'{name}')"],
    "text-of-an-exception-in-a-log": [
        "logger.exception('failed')",
        "try:\n    x()\nexcept ValueError as error:\n    logger.error('failed: %s', error)",
        "try:\n    x()\nexcept ValueError as error:\n    logger.error(f'failed: {error}')",
        "try:\n    x()\nexcept ValueError as error:\n    logger.warning('failed: %s', str(error))",
    ],
    "cache-of-all-tenants": ["cache.clear()"],
    "network-by-the-way": [
        "import requests",
        "import urllib.request",
        "from urllib.request import urlopen",
        "import http.client",
        "socket.create_connection(('x', 1))",
    ],
    "time-without-a-zone": ["datetime.now()", "datetime.datetime.utcnow()", "date.today()"],
    "signature-without-a-salt": ["signing.dumps(x)", "Signer()", "signing.Signer(key='x')"],
    "cookie-for-other-hosts": [
        "response.set_cookie('a', 'b', domain='x', secure=True, httponly=True, samesite='Lax')",
        "response.set_cookie('a', 'b', secure=True, samesite='Lax')",
        "response.set_cookie('a', 'b', secure=True, httponly=True)",
        "response.set_cookie('a', 'b', httponly=True, samesite='Lax')",
    ],
    "host-of-the-request-in-a-link": ["request.build_absolute_uri('/')", "request.META['HTTP_X_FORWARDED_HOST']"],
    "redirect-to-what-was-sent": ["HttpResponseRedirect(request.GET['next'])", "redirect(request.GET.get('next'))"],
}
FORBIDDEN_MARKUP = {"markup-in-a-template": ["{{ name|safe }}", "{% autoescape off %}", "{{ name | safe }}"]}
HONEST = [
    "with enter_tenant(tenant):\n    x()",
    "tenant = request.tenant",
    "connection.cursor()",
    "Handoff.objects.filter(status=status)",
    "cursor.execute('SELECT %s', [name])",
    "cursor.execute(statement.as_string(), values)",
    "logger.error('failed: %s', type(error).__name__)",
    "datetime.now(UTC)",
    "signing.dumps(x, salt=salt)",
    "signing.Signer(salt=f'x:{schema}').sign('y')",
    "response.set_cookie('a', 'b', secure=True, httponly=True, samesite='Lax')",
    "json.dumps(x)",
    "format_html('<b>{}</b>', name)",
    "HttpResponseRedirect(target)",
]


def _find(folder: Path) -> set[tuple[str, str]]:
    """Return (rule, file's name) of all that semgrep finds in `folder`."""
    command = [
        str(SEMGREP), "scan", "--config", str(RULES), "--metrics", "off", "--disable-version-check",
        "--no-git-ignore", "--quiet", "--json", ".",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"SEMGREP_SEND_METRICS": "off", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["errors"] == []
    return {(result["check_id"].rpartition(".")[2], Path(result["path"]).stem) for result in report["results"]}


def test_every_rule_has_a_snippet() -> None:
    rules = {rule["id"] for rule in yaml.safe_load(RULES.read_text())["rules"]}

    assert rules == set(FORBIDDEN) | set(FORBIDDEN_MARKUP)


def test_each_rule_finds_what_it_forbids_and_nothing_else(tmp_path: Path) -> None:
    """In one run, each snippet in a file of its own: starting semgrep is what takes time."""
    place = tmp_path / "tenant_apps" / "any"
    place.mkdir(parents=True)
    expected = set()
    for suffix, snippets in (("py", FORBIDDEN), ("html", FORBIDDEN_MARKUP)):
        for rule, texts in snippets.items():
            for number, text in enumerate(texts):
                (place / f"{rule}-{number}.{suffix}").write_text(text + "\n")
                expected.add((rule, f"{rule}-{number}"))
    for number, text in enumerate(HONEST):
        (place / f"honest-{number}.py").write_text(text + "\n")

    found = _find(tmp_path)

    assert expected - found == set()
    assert [where for where in found if where[1].startswith("honest")] == []
