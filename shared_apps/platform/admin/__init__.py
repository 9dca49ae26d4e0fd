"""The platform's admin, at the public host alone: tenants, their names, and the people who run the platform.

Of a tenant's visitors it shows numbers, never names. What a person may do is asked of the role: `admin` everything,
`support` looks at tenants. Every change of a tenant is a page that says what it does, a POST, and a line in the log.
"""

from shared_apps.platform.admin import people, tenants  # noqa: F401 - they register their pages
from shared_apps.platform.admin.site import site

__all__ = ["site"]
