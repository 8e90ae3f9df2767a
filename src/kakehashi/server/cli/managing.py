"""`kakehashi manage`: Django's own commands."""

from __future__ import annotations

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
    add_help_option=False,
    epilog="Example: kakehashi manage shell",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def manage(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Run one of Django's and Wagtail's own commands; `kakehashi manage help` lists them."""
    if arguments in {("--help",), ("-h",)}:
        click.echo(context.get_help())
        return
    from kakehashi.server.cli.django_ready import load_django

    load_django()
    from django.core.management import ManagementUtility

    ManagementUtility(["kakehashi manage", *arguments]).execute()
