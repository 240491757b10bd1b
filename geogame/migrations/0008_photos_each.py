from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("geogame", "0007_wanted_at")]

    operations = [
        migrations.AddField("game", "photos_each", models.CharField(default="any", max_length=8)),
    ]
