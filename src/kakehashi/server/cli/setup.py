"""`kakehashi init`: make the site, or bring it up to this version."""

from __future__ import annotations

import sys

import click


@click.command(epilog="Example: KAKEHASHI_DATA=/srv/news kakehashi init --no-input")
@click.option("--no-input", is_flag=True, help="Never ask; make no administrator.")
@click.option(
    "--name", default="Kakehashi", show_default=True, help="Name of the newsroom, until it gives itself another."
)
def init(no_input: bool, name: str) -> None:
    """Create the data directory, the secret key and the tables, or bring them up to this version.

    May be run again at any time: what is there is kept. On a terminal it offers to make an administrator.
    """
    from kakehashi.server.cli import installing
    from kakehashi.server.cli.django_ready import load_django

    data = installing.make_data_directory()
    load_django()
    installing.install(lambda step: click.echo(f"  {step} …"), name=name)
    click.echo(f"The site in {data} is ready.")
    if not no_input and sys.stdin.isatty():
        offer_administrator()
    click.echo("Next: kakehashi serve")


def offer_administrator() -> None:
    """Ask for a first administrator where there is none yet; each answer is asked again until it can be used."""
    from kakehashi.readers.models import Reader, Role

    if Reader.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
        return
    if not click.confirm("There is no administrator yet. Make one now?", default=True):
        click.echo("Later: run `kakehashi init` again.")
        return
    while not _made_administrator():
        pass


def _made_administrator() -> bool:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from kakehashi.lib.errors import DomainError
    from kakehashi.readers.actions import register_reader
    from kakehashi.readers.models import Role

    email = click.prompt("E-mail address")
    name = click.prompt("Display name")
    password = click.prompt("Password (at least 10 characters)", hide_input=True, confirmation_prompt="Once more")
    try:
        validate_password(password)
        reader = register_reader(email=email, name=name, password=password, role=Role.ADMINISTRATOR)
    except ValidationError as error:
        click.echo(" ".join(error.messages))
        return False
    except DomainError as error:
        click.echo(str(error))
        return False
    click.echo(f"{reader.name} is administrator.")
    return True
