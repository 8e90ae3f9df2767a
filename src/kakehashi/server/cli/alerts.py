"""`kakehashi alerts`: what somebody asks of the newsroom about mails, and mails in doubt."""

from __future__ import annotations

import email
import email.policy
import sys
from email.message import EmailMessage

import click


@click.group(epilog="Example: kakehashi alerts unsubscribe mia@example.org")
def alerts() -> None:
    """News by mail: end it for an address, take what came into the mailbox, look after mails in doubt."""


@alerts.command(epilog="Example: kakehashi alerts unsubscribe mia@example.org")
@click.argument("address")
def unsubscribe(address: str) -> None:
    """End all mails to ADDRESS, or what the token of a mail's link is for."""
    _load()
    from django.utils import timezone

    from kakehashi.alerts import reports

    said = {"address": address} if "@" in address else {"token": address}
    if not reports.unsubscribe(**said, now=timezone.now()):
        raise click.ClickException(f"Nobody gets mail at {address}.")
    click.echo(f"Ended: {address}.")


@alerts.command(epilog="Example: kakehashi alerts inbound < message.eml")
def inbound() -> None:
    """Take one mail from standard input, as a mail server pipes it: one that ends mails, or the report of a bounce.

    Anything else is passed by, and the command ends well: a mail server would send the mail back otherwise.
    """
    _load()
    from django.utils import timezone

    from kakehashi.alerts import reports

    message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    taken = reports.take_mail(message, now=timezone.now())
    click.echo("Taken." if taken else "Passed by: it asks for nothing that we know.")


@alerts.command(epilog="Example: kakehashi alerts doubtful")
def doubtful() -> None:
    """List mails of which nobody knows whether the mail server took them."""
    _load()
    from kakehashi.alerts import queries

    for mail in queries.doubtful():
        click.echo(f"{mail.pk}\t{mail.finished_at:%Y-%m-%d %H:%M}\t{mail.cause}\t{mail.why}")


@alerts.command(epilog="Example: kakehashi alerts again 4711 4712")
@click.argument("numbers", nargs=-1, required=True, type=int)
def again(numbers: tuple[int, ...]) -> None:
    """Send mails in doubt or failed once more; a mail that had arrived may then arrive twice."""
    _load()
    from django.utils import timezone

    from kakehashi.alerts import actions

    done = actions.send_again(ids=numbers, now=timezone.now())
    click.echo(f"{done} of {len(numbers)} are in the queue again.")
    if done < len(numbers):
        raise click.ClickException("The others are neither in doubt nor failed.")


def _load() -> None:
    from kakehashi.server.cli.django_ready import require_site

    require_site()
