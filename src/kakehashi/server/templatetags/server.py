"""What pages without a database may ask."""

from __future__ import annotations

from django import template

from kakehashi.server import logs
from kakehashi.server.nameplate import nameplate

register = template.Library()


@register.simple_tag(name="nameplate")
def nameplate_tag() -> str:
    """The newsroom's name as last seen."""
    return nameplate.name()


@register.simple_tag
def request_id() -> str:
    """The number under which the logs know this request; empty outside of one."""
    return logs.request_id()
