"""Where files lie: static files under names that change with their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatics(CompressedManifestStaticFilesStorage):
    """Hash the imports inside JavaScript modules too (Django leaves that off): no browser keeps an old module."""

    support_js_module_import_aggregation = True
