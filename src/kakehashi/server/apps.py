from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "kakehashi.server"
    label = "server"
