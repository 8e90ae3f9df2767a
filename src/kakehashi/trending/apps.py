from django.apps import AppConfig


class TrendingConfig(AppConfig):
    name = "kakehashi.trending"
    label = "trending"
    default_auto_field = "django.db.models.BigAutoField"
