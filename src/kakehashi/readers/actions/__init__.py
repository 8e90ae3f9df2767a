"""Every write to readers: the actor is passed in, the rule checked, one transaction, DomainError raised."""

from kakehashi.readers.actions.barring import bar, unbar
from kakehashi.readers.actions.departing import ask_to_leave, carry_out_departures, stay
from kakehashi.readers.actions.exporting import ask_for_export, forget_exports, make_exports
from kakehashi.readers.actions.joining import forget_unconfirmed, register_reader, set_email
from kakehashi.readers.actions.leaving import erase_reader, export_reader
from kakehashi.readers.actions.naming import change_name, claim_name
from kakehashi.readers.actions.preferring import choose_language, mute, unmute, update_preferences
from kakehashi.readers.actions.readdressing import forget_email_changes, note_email_change, stop_email_change
from kakehashi.readers.actions.roles import confine, set_active, set_role, set_standing, set_warned, suspend
from kakehashi.readers.actions.sessions import end_other_sessions, end_session
from kakehashi.readers.actions.ways import connect_way, disconnect_way, register_from_provider

__all__ = [
    "ask_for_export",
    "ask_to_leave",
    "bar",
    "carry_out_departures",
    "change_name",
    "choose_language",
    "claim_name",
    "confine",
    "connect_way",
    "disconnect_way",
    "end_other_sessions",
    "end_session",
    "erase_reader",
    "export_reader",
    "forget_email_changes",
    "forget_exports",
    "forget_unconfirmed",
    "make_exports",
    "mute",
    "note_email_change",
    "register_from_provider",
    "register_reader",
    "set_active",
    "set_email",
    "set_role",
    "set_standing",
    "set_warned",
    "stay",
    "stop_email_change",
    "suspend",
    "unbar",
    "unmute",
    "update_preferences",
]
