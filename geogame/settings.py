"""Settings: with no environment at all the small set-up runs (SQLite, one process); a variable grows each part.

`geogame.environment` says which variables there are and checks their values.
"""

from pathlib import Path

from geogame import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"  # what this installation makes: database, photos, secret key

DEBUG = environment.flag("DEBUG", False)
SECRET_KEY = environment.secret_key(VAR_DIR / "secret_key")
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
REDIS_URL = environment.redis_url()
MEDIA_ROOT = Path(environment.text("MEDIA_ROOT", str(VAR_DIR / "photos")))
# After the last person's guess a round waits this long for the machine (seconds), never past its time limit.
MACHINE_WAIT_S = environment.seconds("MACHINE_WAIT_S", 15)
# Uploads until they are photos, with all their metadata: nobody is served them.
INBOX_ROOT = Path(environment.text("INBOX_ROOT", str(VAR_DIR / "inbox")))
# Of what opponents were trained on (`manage.py index_photos`): staff choose among them what a set is held against.
INDEX_ROOT = Path(environment.text("INDEX_ROOT", str(VAR_DIR / "indexes")))
COMMONS_CONTACT = environment.text("COMMONS_CONTACT")  # who asks Wikimedia: an e-mail or URL
MAPILLARY_TOKEN = environment.text("MAPILLARY_TOKEN")
METRICS_TOKEN = environment.text("METRICS_TOKEN")  # for a program that reads /metrics; staff may without
TILE_URL = environment.text("TILE_URL")
TILE_CREDIT = environment.text("TILE_CREDIT")
BLUR_FACES = environment.blur_faces()
MAX_PIXELS = 80_000_000  # of one photo, checked before it is decoded

INSTALLED_APPS = [
    # Not "django.contrib.admin": its autodiscovery imports leaflet's admin, which wants GDAL.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "leaflet",
    "geogame",
]
MIDDLEWARE = [
    "geogame.policy.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "geogame.urls"
ASGI_APPLICATION = "geogame.asgi.application"
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
            ]
        },
    }
]

DATABASES = {"default": environment.database(VAR_DIR / "beatplanet.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
STORAGES = {
    "default": environment.photo_storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "geogame.storage.HashedStatics"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000  # bytes of a request body that is not a file
DATA_UPLOAD_MAX_NUMBER_FILES = 2_000

if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                # The client's default time-out equals the layer's blocking read: an idle socket would die after 5 s.
                "hosts": [{"address": REDIS_URL, "socket_timeout": None, "max_connections": 10_000}],
                "capacity": 1_000,
            },
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "geogame.layers.ThreadSafeInMemoryChannelLayer"}}

LIMITS_STORAGE = REDIS_URL or "memory://"  # where rate limits are counted
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "socket_connect_timeout": 2,
        "visibility_timeout": 600,
        # Who sends a nudge tries once more and no longer: a page waits for it. Workers reconnect by rules of their own.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    }
    if REDIS_URL
    else {"polling_interval": 0.05}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as that takes
CELERY_TASK_PUBLISH_RETRY = False  # a page must not wait for a broker that is down
CELERY_TASK_IGNORE_RESULT = True  # answers go to the database
CELERY_RESULT_BACKEND_THREAD_SAFE = True  # there is none; else each thread would look for one, which takes long
CELERY_TASK_ACKS_LATE = True  # a killed worker's nudge is delivered again
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_PROC_ALIVE_TIMEOUT = (
    120  # seconds; a child loads torch before it is up, which takes more than the usual 4
)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # else in one process with the server nothing that is logged reaches the screen
CELERY_TASK_DEFAULT_QUEUE = "clock"
CELERY_TASK_ROUTES = {
    "predictor.tasks.*": {"queue": "gpu"},
    "geogame.tasks.develop": {"queue": "photos"},
    "geogame.tasks.fetch": {"queue": "photos"},
    "geogame.tasks.check_set": {"queue": "photos"},
    "geogame.tasks.name_places": {"queue": "photos"},
    "geogame.tasks.delete_leftovers": {"queue": "photos"},
    "geogame.tasks.reckon": {"queue": "figures"},
    "geogame.tasks.forget_sessions": {"queue": "figures"},
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "geogame.tasks.sweep", "schedule": 2.0},  # seconds
    "locate": {"task": "predictor.tasks.locate", "schedule": 10.0, "options": {"expires": 10}},
    "explain": {"task": "predictor.tasks.explain", "schedule": 10.0, "options": {"expires": 10}},
    "reckon": {"task": "geogame.tasks.reckon", "schedule": 10.0, "options": {"expires": 10}},
    "develop": {"task": "geogame.tasks.develop", "schedule": 10.0, "options": {"expires": 10}},
    "fetch": {"task": "geogame.tasks.fetch", "schedule": 10.0, "options": {"expires": 10}},
    "delete leftovers": {"task": "geogame.tasks.delete_leftovers", "schedule": 300.0, "options": {"expires": 300}},
    "forget sessions": {"task": "geogame.tasks.forget_sessions", "schedule": 86_400.0},
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "geogame" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

LEAFLET_CONFIG = {
    "TILES": [],  # the game draws its own base map; TILE_URL adds a tile server
    "DEFAULT_CENTER": (20, 0),
    "DEFAULT_ZOOM": 1,
    "MIN_ZOOM": 0,
    "MAX_ZOOM": 18,
    "RESET_VIEW": False,
    "ATTRIBUTION_PREFIX": "",
}

SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"geogame": {"level": "INFO"}, "predictor": {"level": "INFO"}},
}
