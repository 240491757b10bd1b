from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("geogame", "0014_keys_of_comparisons")]
    operations = [
        migrations.AddField(
            model_name="experiment",
            name="first_result",
            field=models.JSONField(editable=False, null=True),
        ),
    ]
