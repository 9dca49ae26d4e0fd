"""Tenants: found, looked at, made, taken from one state to the next, and opened as support."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import display_for_value
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shared_apps.accounts.models import User
from shared_apps.errors import DomainError
from shared_apps.platform.admin.domains import domains_page
from shared_apps.platform.admin.facts import LINKS, LinkFilter, TablesFilter, TenantList, facts_of, to_ref
from shared_apps.platform.admin.site import PAGE_SIZE, ByRole, site
from shared_apps.platform.blueprint import schema_version
from shared_apps.platform.grants import LINK_LIVES, NothingToOpenError, make_grant
from shared_apps.platform.hooks import known_industries
from shared_apps.platform.lifecycle import CLOSE, GRACE, REOPEN, RESUME, SUSPEND, Step, can_take, take_step
from shared_apps.platform.services import DEFAULT_INDUSTRY, provision_tenant
from shared_apps.tenants.enums import TenantStatus
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.selectors import tenant_url


@dataclass(frozen=True, slots=True)
class Action:
    """A step as the admin offers it."""

    step: Step
    label: str
    explanation: str
    done: str


ACTIONS = {
    "suspend": Action(
        SUSPEND,
        "Suspend",
        "Its pages answer 503 at once and its people cannot log in. Nothing is deleted. Resume brings it back.",
        "suspended",
    ),
    "resume": Action(RESUME, "Resume", "Its pages and logins work again at once.", "resumed"),
    "close": Action(
        CLOSE,
        "Close",
        "Its names answer 404 at once, as if it had never been. All data stays and Reopen brings it back. "
        f"{GRACE.days} days after this, and once exported, it may be dropped for good from the command line.",
        "closed",
    ),
    "reopen": Action(REOPEN, "Reopen", "It comes back suspended, with all its data. Then resume it.", "reopened"),
}


class ProvisionForm(forms.Form):
    """A new tenant. What is acceptable is said by the service that makes it."""

    name = forms.CharField(max_length=120, label="Business name")
    subdomain = forms.CharField(max_length=63, help_text="Lower-case letters, digits and inner hyphens.")
    owner_email = forms.EmailField(label="Owner's e-mail address")
    industry = forms.ChoiceField(initial=DEFAULT_INDUSTRY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(slug, slug.replace("-", " ").capitalize()) for slug in sorted(known_industries())]
        cast(forms.ChoiceField, self.fields["industry"]).choices = choices


class DomainInline(admin.TabularInline):
    """The names a tenant answers to; the first is made with the tenant."""

    model = Domain
    fields = ("domain", "is_primary")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Tenant, site=site)
class TenantAdmin(ByRole, admin.ModelAdmin):
    """Tenants: found, looked at, made, and taken from one state to the next."""

    list_display = ("name", "address", "state", "link", "handoffs", "last_activity", "tables", "created_at", "support")
    list_filter = ("status", LinkFilter, TablesFilter, "is_demo")
    search_fields = ("name", "domains__domain")
    search_help_text = "Name or subdomain"
    ordering = ("-created_at", "-id")
    list_per_page = PAGE_SIZE
    list_max_show_all = PAGE_SIZE
    show_full_result_count = False
    actions = None
    inlines = (DomainInline,)
    fields = (
        "name", "address", "state", "link", "handoffs", "last_activity", "tables", "is_demo", "created_at",
        "deleted_at", "exported_at",
    )  # fmt: skip
    readonly_fields = fields
    change_list_template = "admin/tenants.html"
    change_form_template = "admin/tenant.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # by the steps alone

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return super().get_queryset(request).prefetch_related("domains")

    @admin.display(description="Address")
    def address(self, row: Tenant) -> SafeString | str:
        tenant = to_ref(row)
        if not tenant.is_active:
            return tenant.client_id
        return format_html('<a href="{}" rel="noreferrer">{}</a>', tenant_url(tenant), tenant.client_id)

    @admin.display(description="Status", ordering="status")
    def state(self, row: Tenant) -> SafeString:
        return format_html('<span class="state {}">{}</span>', row.status, row.get_status_display())

    @admin.display(description="Booking link")
    def link(self, row: Tenant) -> SafeString | str:
        facts = facts_of(row)
        state = facts["link"] if facts else ""
        return format_html('<span class="link {}">{}</span>', state, LINKS[state]) if state else "not readable"

    @admin.display(description="Handoffs")
    def handoffs(self, row: Tenant) -> str:
        facts = facts_of(row)
        if facts is None:
            return "not readable"
        counts = facts["handoffs"] | {"jobs given up": facts["jobs given up"]}
        return ", ".join(f"{count:,} {name.replace('_external', '')}" for name, count in counts.items() if count) or (
            "none yet"
        )

    @admin.display(description="Last activity")
    def last_activity(self, row: Tenant) -> str:
        facts = facts_of(row)
        return str(display_for_value(datetime.fromisoformat(facts["last"]), "-")) if facts and facts["last"] else "-"

    @admin.display(description="Support")
    def support(self, row: Tenant) -> SafeString | str:
        """A button in the list's own form, which carries the CSRF token."""
        if row.status != TenantStatus.ACTIVE:
            return ""
        address = reverse("admin:tenants_tenant_open", args=[row.pk])
        return format_html(
            '<button type="submit" class="open" formaction="{}">Open dashboard<span class="visually-hidden"> of {}'
            "</span></button>",
            address,
            row.name,
        )

    @admin.display(description="Tables")
    def tables(self, row: Tenant) -> str:
        if row.schema_version == schema_version():
            return "up to date"
        return f"failed: {row.schema_failure}" if row.schema_failure else "behind"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TenantList

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:tenant_id>/domains/", site.admin_view(self.domains_view), name="tenants_tenant_domains"),
            path("<int:tenant_id>/open/", site.admin_view(self.open_view), name="tenants_tenant_open"),
            path("<int:tenant_id>/<slug:name>/", site.admin_view(self.action_view), name="tenants_tenant_step"),
        ]
        return [*super().get_urls()[:-1], *own, *super().get_urls()[-1:]]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        offered = [
            {"name": name, "label": action.label}
            for name, action in ACTIONS.items()
            if row is not None and self.has_change_permission(request) and can_take(row, action.step)
        ]
        may_open = row is not None and row.status == TenantStatus.ACTIVE
        shown: dict[str, Any] = {
            "offered": offered,
            "may_change": self.has_change_permission(request),
            "may_open": may_open,
            "title": row.name if row else "",
            "subtitle": None,
        }
        shown |= dict.fromkeys(("show_save", "show_save_and_continue", "show_save_and_add_another"), False)
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Make a tenant, and show the link by which its owner sets a password."""
        if not self.has_add_permission(request):
            raise Http404
        form = ProvisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = provision_tenant(**form.cleaned_data)
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                _log(request, Tenant.objects.get(pk=made.tenant.id), "created")
                link = tenant_url(made.tenant, f"/set-password/{made.set_password_token}")
                messages.success(request, f"{made.tenant.name} is there. Its owner sets a password, once, at: {link}")
                return HttpResponseRedirect(reverse("admin:tenants_tenant_change", args=[made.tenant.id]))
        context = self.admin_site.each_context(request) | {"form": form, "title": "New tenant", "opts": self.opts}
        return TemplateResponse(request, "admin/provision.html", context)

    def domains_view(self, request: HttpRequest, tenant_id: int) -> HttpResponse:
        """The tenant's own domains; admins alone change them."""
        row = self.get_object(request, str(tenant_id))
        if row is None or not self.has_change_permission(request):
            raise Http404
        context = self.admin_site.each_context(request) | {
            "title": f"Domains of {row.name}", "tenant": row, "opts": self.opts,
        }  # fmt: skip
        here = reverse("admin:tenants_tenant_domains", args=[row.pk])
        log = partial(_log, request, row)
        return domains_page(request, tenant=to_ref(row), here=here, context=context, log=log)

    def open_view(self, request: HttpRequest, tenant_id: int) -> HttpResponse:
        """Give the link that opens the tenant's dashboard as support; both roles may, and the log says who did."""
        row = self.get_object(request, str(tenant_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        here = reverse("admin:tenants_tenant_change", args=[row.pk])
        if request.method != "POST":
            return HttpResponseRedirect(here)
        tenant = to_ref(row)
        try:
            token = make_grant(tenant=tenant, person=cast(User, request.user))
        except NothingToOpenError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(here)
        _log(request, row, "link to its dashboard made")
        context = self.admin_site.each_context(request) | {
            "title": f"Open the dashboard of {row.name}", "tenant": row, "back": here, "opts": self.opts,
            "link": tenant_url(tenant, f"/support/{token}"), "seconds": int(LINK_LIVES.total_seconds()),
        }  # fmt: skip
        return TemplateResponse(request, "admin/open.html", context)

    def action_view(self, request: HttpRequest, tenant_id: int, name: str) -> HttpResponse:
        """Say what a step does; take it on POST."""
        row, action = self.get_object(request, str(tenant_id)), ACTIONS.get(name)
        if row is None or action is None or not self.has_change_permission(request):
            raise Http404
        here = reverse("admin:tenants_tenant_change", args=[row.pk])
        if request.method == "POST":
            try:
                take_step(tenant=to_ref(row), step=action.step)
            except DomainError as error:
                messages.error(request, error.message)
            else:
                _log(request, row, action.done)
                messages.success(request, f"{row.name} is {action.done}.")
            return HttpResponseRedirect(here)
        context = self.admin_site.each_context(request) | {
            "title": f"{action.label} {row.name}?", "action": action, "tenant": row, "back": here, "opts": self.opts,
        }  # fmt: skip
        return TemplateResponse(request, "admin/step.html", context)


def _log(request: HttpRequest, row: Tenant, what: str) -> None:
    user = cast(User, request.user)
    LogEntry.objects.log_actions(user.pk, [row], CHANGE, change_message=what, single_object=True)
