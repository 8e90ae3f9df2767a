from django.apps import AppConfig, apps


class AlertsConfig(AppConfig):
    name = "kakehashi.alerts"
    label = "alerts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if apps.is_installed("anymail"):
            from kakehashi.alerts import anymail_doors

            anymail_doors.listen()
