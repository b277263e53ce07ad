"""Django's admin with three users and two groups, on a database of its own: ``serve.py PORT FOLDER``."""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import path

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
settings.configure(
    DEBUG=True,
    SECRET_KEY="only for a benchmark",  # noqa: S106
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    STATIC_URL="/static/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "admin.sqlite3")}},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    INSTALLED_APPS=[f"django.contrib.{app}" for app in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()

from django.contrib import admin  # noqa: E402  needs the settings
from django.contrib.auth.models import Group, User  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls)]


def main() -> None:
    """Make the database and serve it."""
    call_command("migrate", verbosity=0)
    tasters, _ = Group.objects.get_or_create(name="tasters")
    Group.objects.get_or_create(name="packers")
    if not User.objects.exists():
        User.objects.create_superuser("maria", "maria@example.org", "tea-and-cake", first_name="Maria", last_name="Ipsum")
        User.objects.create_user("tom", "tom@example.org", "x", first_name="Tom", last_name="Sawyer").groups.add(tasters)
        User.objects.create_user("uma", "uma@example.org", "x", first_name="Uma", last_name="Dolor", is_staff=True)
    os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
    call_command("runserver", f"127.0.0.1:{PORT}", use_reloader=False, verbosity=0)


main()
