"""A tenant's own domains in the admin: claimed, checked, made the primary one, removed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from shared_apps.dns_proof import Proof, record_name, record_value
from shared_apps.errors import DomainError
from shared_apps.platform.claims import GRACE, check_claim, choose_primary, claim_host, remove_claim
from shared_apps.platform.models import DomainClaim
from shared_apps.tenants.scope import TenantRef
from shared_apps.tenants.selectors import platform_url, tenant_host

_SAID = {
    Proof.FOUND: "The record is there: {} is served.",
    Proof.MISSING: "The record of {} is not there. New records may take some minutes to be seen.",
    Proof.UNKNOWN: "The name servers of {} did not answer. Nothing has changed; it is asked again by itself.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A claim as the page shows it."""

    claim: DomainClaim
    name: str
    value: str
    is_primary: bool

    @property
    def state(self) -> str:
        if self.claim.missing_since is not None:
            return f"Record missing: served until it has been gone for {GRACE.days} days"
        if self.claim.verified_at is not None:
            return "Verified"
        return "Not verified" if self.claim.checked_at else "Not looked for yet"


def domains_page(
    request: HttpRequest, *, tenant: TenantRef, here: str, context: dict[str, Any], log: Callable[[str], None]
) -> HttpResponse:
    """Show the domains; on POST do one thing, after a second page for what visitors notice at once."""
    claims = {claim.pk: claim for claim in DomainClaim.objects.filter(tenant_id=tenant.id).order_by("id")}
    if request.method == "POST":
        chosen = claims.get(int(request.POST["claim"])) if request.POST.get("claim", "").isdigit() else None
        act = request.POST.get("do", "")
        question = _QUESTIONS.get(act)
        if question and request.POST.get("confirmed") != "yes":
            host = chosen.host if chosen else f"{tenant.client_id}.{platform_url('').partition('//')[2]}"
            more = {"question": question.format(host), "do": act, "claim": chosen, "back": here}
            return TemplateResponse(request, "admin/domain_step.html", context | more)
        try:
            said = _act(act, tenant=tenant, chosen=chosen, host=request.POST.get("host", ""))
        except DomainError as error:
            messages.error(request, error.message)
        else:
            log(said)
            messages.info(request, said)
        return HttpResponseRedirect(here)
    lines = [
        Line(claim, record_name(claim.host), record_value(claim.token), claim.host == tenant.host)
        for claim in claims.values()
    ]
    return TemplateResponse(
        request, "admin/domains.html", context | {"lines": lines, "links_say": tenant_host(tenant), "here": here}
    )


_QUESTIONS = {
    "remove": "Remove {}? Visitors who come by it get nothing from then on. The tenant's other names go on.",
    "primary": "Have all links and mails say {}? The other names go on to answer.",
}


def _act(act: str, *, tenant: TenantRef, chosen: DomainClaim | None, host: str) -> str:
    if act == "add":
        return f"Added {claim_host(tenant=tenant, host=host).host}. Now its record must be made."
    if act == "primary":
        choose_primary(tenant=tenant, host=chosen.host if chosen else "")
        return f"Links say {chosen.host if chosen else tenant.client_id} now."
    if chosen is not None and act == "check":
        return _SAID[check_claim(claim_id=chosen.pk)].format(chosen.host)
    if chosen is not None and act == "remove":
        remove_claim(tenant=tenant, claim_id=chosen.pk)
        return f"Removed {chosen.host}."
    raise DomainError
