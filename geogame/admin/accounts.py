"""Accounts in the admin, as Django has them: there are no e-mails, so a forgotten password is set anew here."""

from django.contrib.auth import admin

__all__ = ["admin"]  # its import registers accounts and their groups; autodiscovery, which would, is off
