"""Settings, all from the environment. What is missing stops the start with one line that says how to set it.

`DEBUG=1` only relaxes what must be set and allows plain http; Django's debug pages and query log are never on.
"""

import sys
from pathlib import Path
from typing import Any

import environ
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# ---- what must be set -------------------------------------------------------------------------------------------

REQUIRED_IN_PRODUCTION: dict[str, str] = {
    "SECRET_KEY": "50 or more random characters, kept secret and the same on every host",
    "SAAS_DOMAIN": "the domain tenants are below, such as handoff.example.com",
    "DATABASE_URL": "postgresql://user:password@host:5432/name, PostgreSQL 18 or newer",
    "REDIS_URL": "redis://:password@host:6379/0, Redis 6.2 or newer",
    "EMAIL_URL": "smtp+tls://user:password@host:587",
    "TRUSTED_PROXIES": "the addresses of the proxies in front, such as 10.0.0.0/8, or none",
}

IS_DEVELOPMENT: bool = env.bool("DEBUG", default=False)
DEBUG = False


def _required(name: str, development: str) -> str:
    value: str = env.str(name, default="").strip()
    if value:
        return value
    if not IS_DEVELOPMENT:
        sys.exit(f"{name} is not set. Set it to {REQUIRED_IN_PRODUCTION[name]}.")
    return development


SECRET_KEY = _required("SECRET_KEY", "for-development-only-" + "0123456789" * 4)
SAAS_DOMAIN = _required("SAAS_DOMAIN", "localhost").lower().removesuffix(".")
_database_url = _required("DATABASE_URL", "postgresql:///saas")
REDIS_URL = _required("REDIS_URL", "redis://127.0.0.1:6379/0")
_email_url = _required("EMAIL_URL", "consolemail://")
_trusted_proxies = _required("TRUSTED_PROXIES", "none")

PORT = int(env.str("PORT", default="") or 8000)
PUBLIC_SCHEME = "http" if IS_DEVELOPMENT else "https"
PUBLIC_PORT_SUFFIX = f":{PORT}" if IS_DEVELOPMENT and PORT != 80 else ""
TRUSTED_PROXIES: list[str] = (
    [] if _trusted_proxies.lower() == "none" else [part.strip() for part in _trusted_proxies.split(",") if part.strip()]
)
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="").strip()
SENTRY_DSN: str = env.str("SENTRY_DSN", default="").strip()
STATE_DIR = Path(env.str("HANDOFF_DATA_DIR", default=str(BASE_DIR / ".data"))) / "state"

INTEREST_SIGNUP: bool = env.bool("INTEREST_SIGNUP", default=False)  # the form on the platform's own page
# Who is asked whether a tenant's own domain is proven, as address:port; none: the system's resolver.
DNS_SERVERS: list[str] = [part.strip() for part in env.str("DNS_SERVERS", default="").split(",") if part.strip()]

RATES: dict[str, str] = {
    name: env.str(name, default=default)
    for name, default in {
        "RATE_CAPTURE_PER_IP": "30/m",
        "RATE_CAPTURE_PER_TENANT": "600/m",
        "RATE_LOGIN": "5/30m",
        "RATE_API": "6000/m",
        "RATE_EXPORT": "60/h",
        "RATE_ASSISTANT": "60/m",
    }.items()
}

# ---- apps and tenancy -------------------------------------------------------------------------------------------

SHARED_APPS = [
    "shared_apps.platform",  # before django_tenants: the first app of a command's name wins, and create_tenant is ours
    "django_tenants",
    "shared_apps.tenants",
    "shared_apps.accounts",
    "shared_apps.interest",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.admin.apps.SimpleAdminConfig",  # its log; the site itself is shared_apps.platform.admin
]
TENANT_APPS = [
    "shared_apps.accounts",
    "shared_apps.outbox",
    "shared_apps.support",
    "tenant_apps.business",
    "tenant_apps.booking",
    "tenant_apps.handoffs",
    "tenant_apps.notifications",
]
_CODE_ONLY = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "shared_apps.journal",
    "tenant_apps.demo",
    "saas",
]  # no tables
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS), *_CODE_ONLY]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
SKIP_PG_EXTRA_VALIDATION = True  # otherwise django-tenants asks the database while apps load
PUBLIC_URLCONF = "saas.urls_public"
ROOT_URLCONF = "saas.urls_tenant"
MACHINE_PATHS = frozenset({"/metrics"})  # the platform's own, and asked for by address or a machine's bare name
ANY_HOST_PATHS = frozenset({"/health/live", "/health/ready", "/tls/ask"})  # balancer and proxy ask by address
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CITUS: bool = env.bool("CITUS", default=False)  # tenants' schemas are spread over nodes: docs/scale.md

_conninfo: dict[str, Any] = dict(conninfo_to_dict(_database_url))
DATABASES = {
    "default": {
        "ENGINE": "shared_apps.tenants.backend",
        "NAME": _conninfo.pop("dbname", ""),
        "USER": _conninfo.pop("user", ""),
        "PASSWORD": _conninfo.pop("password", ""),
        "HOST": _conninfo.pop("host", ""),
        "PORT": str(_conninfo.pop("port", "")),
        "CONN_MAX_AGE": 600,  # a backend grows by each tenant it has touched (docs/scale.md): bounded by age
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 2,
            "prepare_threshold": 3,  # only of statements by `ask`; a cursor binds in the client
            "application_name": "booking-handoff",
            "options": "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000",
            **_conninfo,
        },
    }
}

# ---- requests ---------------------------------------------------------------------------------------------------

ALLOWED_HOSTS = ["*"]  # TenantMiddleware is the only door: a host that is neither ours nor a tenant's gets a 404 there
USE_X_FORWARDED_HOST = False
APPEND_SLASH = False
WSGI_APPLICATION = "saas.wsgi.application"
MIDDLEWARE = [
    "saas.middleware.ProxyMiddleware",
    "saas.observing.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "saas.middleware.CompressMiddleware",  # adds bytes at random against guessing by length (BREACH)
    "saas.middleware.CookieMiddleware",
    "saas.middleware.ContentSecurityMiddleware",
    "shared_apps.tenants.middleware.TenantMiddleware",
    "saas.languages.LanguageMiddleware",
    "saas.middleware.ProblemMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "shared_apps.accounts.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# What a host gets that cannot be looked up while the database is away.
UNREACHABLE_PAGE = "saas.languages.answer_unreachable"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "saas.context.common",
                "django.template.context_processors.request",  # this and the next two: the admin's pages
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024  # of forms and of JSON
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
FILE_UPLOAD_HANDLERS: list[str] = ["saas.uploads.RefuseUploads"]  # nothing here takes files

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "dist"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+-[\w-]{8,}\.\w+$"
VITE_MANIFEST = BASE_DIR / "frontend" / "dist" / ".vite" / "manifest.json"

# ---- security ---------------------------------------------------------------------------------------------------

_cookie_prefix = "" if IS_DEVELOPMENT else "__Host-"
SESSION_COOKIE_NAME = f"{_cookie_prefix}sessionid"
SESSION_COOKIE_SECURE = not IS_DEVELOPMENT
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_ENGINE = "shared_apps.accounts.sessions"  # in the tenant's schema
CSRF_COOKIE_NAME = f"{_cookie_prefix}csrftoken"
CSRF_COOKIE_SECURE = not IS_DEVELOPMENT
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_HEADER_NAME = "HTTP_X_CSRFTOKEN"
CSRF_FAILURE_VIEW = "saas.problems.csrf_failure"
SECURE_SSL_REDIRECT = not IS_DEVELOPMENT
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$", r"^tls/ask$"]
SECURE_HSTS_SECONDS = 0 if IS_DEVELOPMENT else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not IS_DEVELOPMENT
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # `no-referrer` would make browsers send `Origin: null` with forms
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SIGNED_COOKIE_LEGACY_SALT_FALLBACK = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email"]},
    },
]
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # framing is ruled by CSP frame-ancestors, and X-Frame-Options beside it, in saas.middleware
    "security.W021",  # HSTS preload is the domain owner's decision, not this code's
]

# ---- words and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = f"{_cookie_prefix}lang"
LOCALE_PATHS = [BASE_DIR / "frontend" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ---- mail -------------------------------------------------------------------------------------------------------

globals().update(env.email_url_config(_email_url))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"no-reply@{SAAS_DOMAIN}")
EMAIL_TIMEOUT = 10

# ---- background work --------------------------------------------------------------------------------------------

REDIS_TIMEOUT_SECONDS = 0.25

# ---- logs: one JSON line each, no personal data -----------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "saas.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
LOGGING_CONFIG = "logging.config.dictConfig"
