"""One tenant's life: out to a file, back beside the others, closed, and dropped with proof."""

import json
import stat
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from shared_apps.accounts.enums import Role
from shared_apps.accounts.models import User
from shared_apps.platform.archives import LEFT_OUT, ArchiveRefusedError, export_tenant, restore_tenant
from shared_apps.platform.lifecycle import CLOSE, DROP, REOPEN, StepRefusedError, take_step
from shared_apps.platform.services import SubdomainTakenError, provision_tenant
from shared_apps.tenants.models import DueWork, Tenant
from shared_apps.tenants.scope import TenantRef, enter_tenant
from shared_apps.tenants.selectors import find_tenant_by_subdomain
from tenant_apps.business.models import BusinessProfile
from tenant_apps.handoffs.models import BookingHandoff, HandoffEvent
from tests.clients import TenantClient
from tests.factories import HandoffFactory
from tests.isolation.helpers import read_everything


@pytest.fixture
def tenant(subdomain: str) -> TenantRef:
    """A tenant with rows, odd characters among them."""
    made = provision_tenant(name="Café Luna", subdomain=subdomain, owner_email="owner@luna.example")
    with enter_tenant(made.tenant):
        for number in range(5):
            HandoffFactory.create(customer_name=f"Zoë \\N \t{number}", notes="line\nline\\.", metadata={"a": "ü"})
    return made.tenant


def _rows(tenant: TenantRef) -> dict[str, str]:
    rows = read_everything(tenant.schema_name)
    return {
        name.partition(".")[2]: value
        for name, value in rows.items()
        if name.startswith(tenant.schema_name) and name.partition(".")[2] not in LEFT_OUT
    }


def test_archive_holds_all_and_is_its_owners_alone(tenant: TenantRef, tmp_path: Path) -> None:
    path = tmp_path / "luna.zip"

    counts = export_tenant(tenant=tenant, path=path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert (counts["handoffs_bookinghandoff"], counts["handoffs_handoffevent"], counts["accounts_user"]) == (5, 5, 1)
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.testzip() is None
        lines = archive.read("handoffs.csv").decode("utf-8-sig").split("\r\n")
    assert manifest["tables"] == counts
    assert lines[0].startswith("id,createdAt,")
    assert sum("Zoë" in line for line in lines) == 5
    assert (manifest["subdomain"], manifest["name"]) == (tenant.client_id, "Café Luna")
    assert Tenant.objects.get(pk=tenant.id).exported_at is not None


def test_restore_beside_the_original_is_the_same_and_apart(tenant: TenantRef, subdomain: str, tmp_path: Path) -> None:
    path = tmp_path / "luna.zip"
    export_tenant(tenant=tenant, path=path)
    before = _rows(tenant)

    restored, counts = restore_tenant(path=path, subdomain=f"{subdomain}-2")

    assert counts["handoffs_bookinghandoff"] == 5
    assert _rows(restored) == before
    assert restored.schema_name != tenant.schema_name
    assert TenantClient(restored).get("/").status_code == 200
    with enter_tenant(restored):
        HandoffFactory.create()  # numbered behind the restored events
        User.objects.create_user("new@luna.example", Role.STAFF)
        assert HandoffEvent.objects.count() == 6
    assert _rows(tenant) == before


def test_restore_under_a_name_somebody_has_changes_nothing(tenant: TenantRef, tmp_path: Path) -> None:
    path = tmp_path / "luna.zip"
    export_tenant(tenant=tenant, path=path)
    before = Tenant.objects.count()

    with pytest.raises(SubdomainTakenError):
        restore_tenant(path=path)

    assert Tenant.objects.count() == before


@pytest.mark.parametrize("damage", ["no zip", "no manifest", "future", "bad table", "short"])
def test_damaged_archive_is_refused_and_leaves_nothing(
    damage: str, tenant: TenantRef, subdomain: str, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    export_tenant(tenant=tenant, path=good)
    if damage == "no zip":
        bad.write_bytes(good.read_bytes()[:400])
    else:
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                if name == "manifest.json":
                    manifest = json.loads(content)
                    manifest |= {"format": 99} if damage == "future" else {}
                    if damage == "bad table":
                        manifest["tables"]['x"; DROP TABLE accounts_user; --'] = 0
                    content = json.dumps(manifest).encode()
                if damage == "short" and name == "tables/handoffs_bookinghandoff.copy":
                    content = content[: content.index(b"\n") + 1]
                if damage != "no manifest" or name != "manifest.json":
                    target.writestr(name, content)
    before = Tenant.objects.count()

    with pytest.raises(ArchiveRefusedError):
        restore_tenant(path=bad, subdomain=f"{subdomain}-3")

    assert Tenant.objects.count() == before
    assert find_tenant_by_subdomain(f"{subdomain}-3") is None


def test_export_that_fails_half_way_leaves_no_file(tenant: TenantRef, tmp_path: Path) -> None:
    def fail(_step: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_tenant(tenant=tenant, path=tmp_path / "luna.zip", progress=fail)

    assert list(tmp_path.iterdir()) == []


def test_commands_export_and_restore(tenant: TenantRef, subdomain: str, tmp_path: Path) -> None:
    out = StringIO()
    call_command("export_tenant", subdomain, to=tmp_path, stdout=out, stderr=StringIO())
    (path,) = tmp_path.iterdir()
    call_command("restore_tenant", path, subdomain=f"{subdomain}-4", stdout=out, stderr=StringIO())

    assert str(path) in out.getvalue()
    assert f"answers at http://{subdomain}-4.localhost" in out.getvalue()


def _drop(subdomain: str) -> str:
    out = StringIO()
    call_command("drop_tenant", subdomain, confirm=subdomain, stdout=out)
    return out.getvalue()


def test_tenant_is_dropped_only_closed_exported_and_after_the_grace(tenant: TenantRef, tmp_path: Path) -> None:
    long_ago = timezone.now() - timedelta(days=31)
    rows = Tenant.objects.filter(pk=tenant.id)

    with pytest.raises(CommandError, match="Not dropped"):
        _drop(tenant.client_id)  # active
    take_step(tenant=tenant, step=CLOSE)
    assert TenantClient(tenant).get("/").status_code == 404
    with pytest.raises(CommandError, match="Not dropped"):
        _drop(tenant.client_id)  # just closed
    rows.update(deleted_at=long_ago)
    with pytest.raises(CommandError, match="Not dropped"):
        _drop(tenant.client_id)  # not exported
    export_tenant(tenant=tenant, path=tmp_path / "luna.zip")

    said = _drop(tenant.client_id)

    assert said.strip() == f"{tenant.client_id} is dropped: 0 of its tables, indexes and sequences are left."
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s)", [tenant.schema_name])
        assert cursor.fetchone() == (None,)
    assert rows.get().status == "dropped"
    assert not DueWork.objects.filter(tenant_id=tenant.id).exists()
    with pytest.raises(StepRefusedError):
        take_step(tenant=tenant, step=REOPEN)
    with pytest.raises(SubdomainTakenError):
        provision_tenant(name="Other", subdomain=tenant.client_id, owner_email="a@b.example")


def test_dropped_tenant_comes_back_from_its_archive(tenant: TenantRef, subdomain: str, tmp_path: Path) -> None:
    take_step(tenant=tenant, step=CLOSE)
    export_tenant(tenant=tenant, path=tmp_path / "luna.zip")
    Tenant.objects.filter(pk=tenant.id).update(deleted_at=timezone.now() - timedelta(days=31))
    take_step(tenant=tenant, step=DROP)

    restored, _counts = restore_tenant(path=tmp_path / "luna.zip", subdomain=f"{subdomain}-5")

    with enter_tenant(restored):
        assert BookingHandoff.objects.count() == 5
        assert BusinessProfile.objects.get().name == "Café Luna"
