"""Every write to readers: the actor is passed in, the rule checked, one transaction, DomainError raised."""

from kakehashi.readers.actions.joining import forget_unconfirmed, register_reader, set_email
from kakehashi.readers.actions.leaving import erase_reader, export_reader
from kakehashi.readers.actions.naming import change_name, claim_name
from kakehashi.readers.actions.preferring import choose_language, mute, unmute, update_preferences
from kakehashi.readers.actions.roles import set_active, set_role, set_warned, suspend
from kakehashi.readers.actions.ways import connect_way, disconnect_way, register_from_provider

__all__ = [
    "change_name",
    "choose_language",
    "claim_name",
    "connect_way",
    "disconnect_way",
    "erase_reader",
    "export_reader",
    "forget_unconfirmed",
    "mute",
    "register_from_provider",
    "register_reader",
    "set_active",
    "set_email",
    "set_role",
    "set_warned",
    "suspend",
    "unmute",
    "update_preferences",
]
