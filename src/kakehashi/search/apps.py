from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "kakehashi.search"
    label = "sitesearch"
    default_auto_field = "django.db.models.BigAutoField"
