from typing import Any

from django.db import migrations


def _forget(apps: Any, schema_editor: Any) -> None:
    """Comparisons have keys that nobody can guess from now on; those under others are reckoned anew when asked for."""
    apps.get_model("geogame", "Comparison").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("geogame", "0013_files_of_deleted_photos")]
    operations = [migrations.RunPython(_forget, migrations.RunPython.noop)]
