"""Django's settings. Values that differ from place to place are declared in `env.py` and read here, once."""

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from ascend_portal import env
from ascend_portal.logs import logging_configuration

# Django's generic views take no type arguments at run time; ours name their forms and models.
django_stubs_ext.monkeypatch()

BASE_DIR = env.BASE_DIR
DATA_DIR = env.DATA_DIR.read()

# --- The process -----------------------------------------------------------------------------------------------
SECRET_KEY = env.SECRET_KEY.read()
DEBUG = env.DEVELOPMENT.read()
if DEBUG and env.HTTPS_ONLY.is_given and env.HTTPS_ONLY.read():
    raise ImproperlyConfigured("DEVELOPMENT shows stack traces to everybody: it cannot be on where HTTPS_ONLY is.")
ALLOWED_HOSTS = list(env.ALLOWED_HOSTS.read())
CSRF_TRUSTED_ORIGINS = list(env.CSRF_TRUSTED_ORIGINS.read())
PORTAL_URL = env.PORTAL_URL.read()
TRUSTED_PROXIES = env.TRUSTED_PROXIES.read()
DEMO = env.DEMO.read()
ROOT_URLCONF = "ascend_portal.urls"
WSGI_APPLICATION = "ascend_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "ascend",
    "audit",
    "accounts",
    "records",
    "byok",
    "ascend_portal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "rest_framework",
]
MIDDLEWARE = [
    # The two that everything after them relies on: whose request it is, and its id.
    "ascend_portal.forwarded.ForwardedMiddleware",
    "ascend_portal.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.AccessMiddleware",
    # Innermost, so that an error page knows who is asking.
    "ascend_portal.error_pages.ErrorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ascend_portal.navigation.shell",
            ],
        },
    },
]

# --- Data ------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database()}
REDIS_URL = env.REDIS_URL.read()
STATIC_URL = "/static/"
STATIC_ROOT = env.STATIC_ROOT.read()
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "staticfiles": {
        # Compressing pays on a network and costs seconds at the first start; a first look is on one machine.
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.HTTPS_ONLY.read()
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    },
}
# A temporary file would be plaintext on a disk: what does not fit in memory goes through a sealed spool or not at all.
FILE_UPLOAD_HANDLERS = ["records.uploads.RefuseUploads"]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- People ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["accounts.backends.PersonBackend"]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "overview"
# bcrypt over SHA-256 first: bcrypt alone would ignore what follows the 72nd byte.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "display_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.password_rules.VariedPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE_SECONDS = env.SESSION_IDLE_SECONDS.read()
SESSION_ABSOLUTE_SECONDS = env.SESSION_ABSOLUTE_SECONDS.read()
SIGN_IN_FAILURES = env.SIGN_IN_FAILURES.read()
SIGN_IN_WINDOW_SECONDS = env.SIGN_IN_WINDOW_SECONDS.read()
ONE_TIME_SIGN_IN_SECONDS = env.ONE_TIME_SIGN_IN_SECONDS.read()
APPROVAL_EXPIRY_SECONDS = env.APPROVAL_EXPIRY_SECONDS.read()
REVEALS_PER_HOUR = env.REVEALS_PER_HOUR.read()
SEARCHES_PER_HOUR = env.SEARCHES_PER_HOUR.read()
SEARCH_LIFETIME_SECONDS = env.SEARCH_LIFETIME_SECONDS.read()
BYOK_IMPORT_KEY = env.BYOK_IMPORT_KEY.read()
BYOK_PRINCIPAL_ARN = env.BYOK_PRINCIPAL_ARN.read()
BYOK_ALLOWED_REGIONS = env.BYOK_ALLOWED_REGIONS.read()
BYOK_DRAFT_DAYS = env.BYOK_DRAFT_DAYS.read()

IMPORT_MAX_BYTES = env.IMPORT_MAX_BYTES.read()
IMPORT_SPOOL_DAYS = env.IMPORT_SPOOL_DAYS.read()
IMPORT_LEASE_SECONDS = env.IMPORT_LEASE_SECONDS.read()
IMPORT_SLICE_CHUNKS = env.IMPORT_SLICE_CHUNKS.read()

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]

vars().update(env.EMAIL_URL.read())
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.EMAIL_FROM.read()

# --- Transport and browser -------------------------------------------------------------------------------------
HTTPS_ONLY = env.HTTPS_ONLY.read() and not DEBUG
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # a load balancer asks over plain http
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The browser takes a __Host- cookie only over https, from this very host, for the whole path.
COOKIE_PREFIX = "__Host-" if HTTPS_ONLY else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "ascend_portal.error_pages.forged"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Tabler's style sheet holds its icons as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    },
}

# --- The library -----------------------------------------------------------------------------------------------
ASCEND_DEPLOYMENT = env.ASCEND_DEPLOYMENT.read()
ASCEND_ENVIRONMENT = env.ASCEND_ENVIRONMENT.read()
ASCEND_REGISTRY_KEY = env.ASCEND_REGISTRY_KEY.read()
ASCEND_PROVIDER = env.ASCEND_PROVIDER.read()
ASCEND_LOCAL_KEYS_DIR = env.ASCEND_LOCAL_KEYS_DIR.read()
ASCEND_PKCS11_MODULE = env.ASCEND_PKCS11_MODULE.read()
ASCEND_PKCS11_PINS_DIR = env.ASCEND_PKCS11_PINS_DIR.read()
ASCEND_PKCS11_STATE_DIR = env.ASCEND_PKCS11_STATE_DIR.read()
ASCEND_PKCS11_SECONDS = env.ASCEND_PKCS11_SECONDS.read()
ASCEND_PKCS11_IV = env.ASCEND_PKCS11_IV.read()
ASCEND_PKCS11_TEST_PROFILE = env.ASCEND_PKCS11_TEST_PROFILE.read()
ASCEND_STORES_DIR = env.ASCEND_STORES_DIR.read()
ASCEND_AWS_ENDPOINT_URL = env.ASCEND_AWS_ENDPOINT_URL.read()
ASCEND_AWS_CALLS_PER_SECOND = env.ASCEND_AWS_CALLS_PER_SECOND.read()
ASCEND_AWS_CANARY_KEY = env.ASCEND_AWS_CANARY_KEY.read()
ASCEND_OUTBOUND_ALLOW = env.ASCEND_OUTBOUND_ALLOW.read()
ASCEND_LEASE_SECONDS = env.ASCEND_LEASE_SECONDS.read()
ASCEND_BACKUP_RETENTION_DAYS = env.ASCEND_BACKUP_RETENTION_DAYS.read()
ASCEND_JOURNAL = "audit.journal.receive"
ASCEND_AUTHORITY = "ascend_portal.unprotecting.decide"
ASCEND_BROADCAST = "ascend_portal.broadcast.RedisBroadcast"

# --- Background work: the database is the queue of record, Celery the pump -----------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task that a dead worker held is handed out again after this long; tasks are slices of a few seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "ascend"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Beat only reminds: each task looks in the database for what is due, so a tick more or less does no harm.
BEAT_SECONDS = {
    "accounts.expire_approvals": 300.0,
    "accounts.resume_approvals": 30.0,
    "accounts.tidy": 3600.0,
    "byok.expire_registrations": 60.0,
    "byok.tend_imports": 3600.0,
    "records.send_waiting_imports": 5.0,
    "records.sweep": 3600.0,
}
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}} for task, seconds in BEAT_SECONDS.items()
}

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "ascend_portal.error_pages.api_handler",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api_session.PortalSession"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

# --- Logs ------------------------------------------------------------------------------------------------------
LOGGING = logging_configuration(level=env.LOG_LEVEL.read(), style=env.LOG_FORMAT.read())
# Django's reports of an exception (a debugging page, a mail) would show local variables.
DEFAULT_EXCEPTION_REPORTER_FILTER = "ascend_portal.exception_reports.NoVariables"
