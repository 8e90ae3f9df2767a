from django.apps import AppConfig
from wagtail.users.apps import WagtailUsersAppConfig


class ReadersConfig(AppConfig):
    name = "kakehashi.readers"
    label = "readers"
    default = True
    default_auto_field = "django.db.models.BigAutoField"


class UsersConfig(WagtailUsersAppConfig):
    """Wagtail's user management, over readers."""

    default = False
    user_viewset = "kakehashi.readers.admin.ReaderViewSet"
