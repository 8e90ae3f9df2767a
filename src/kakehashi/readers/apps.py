from django.apps import AppConfig


class ReadersConfig(AppConfig):
    name = "kakehashi.readers"
    label = "readers"
    default_auto_field = "django.db.models.BigAutoField"
