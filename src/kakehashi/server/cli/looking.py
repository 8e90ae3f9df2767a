"""`kakehashi status`: what is in the site."""

from __future__ import annotations

import click


@click.command(epilog="Example: kakehashi status --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def status(as_json: bool) -> None:
    """Say the version, the database and how much is in it."""
    from kakehashi.server.cli.django_ready import require_site

    require_site()
    facts = _facts()
    if as_json:
        import json

        click.echo(json.dumps(facts))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name:<{width}}  {value:,}" if isinstance(value, int) else f"{name:<{width}}  {value}")


def _facts() -> dict[str, str | int]:
    from django.conf import settings

    from kakehashi import __version__
    from kakehashi.comments.models import Comment, Thread, Vote
    from kakehashi.readers.models import Reader
    from kakehashi.server.cli.django_ready import database_kind
    from kakehashi.stories.models import StoryPage

    return {
        "version": __version__,
        "address": settings.KAKEHASHI_BASE_URL,
        "data": str(settings.DATA),
        "database": database_kind(),
        "stories": StoryPage.objects.live().count(),
        "members": Reader.objects.filter(is_active=True).count(),
        "threads": Thread.objects.count(),
        "comments": Comment.objects.count(),
        "votes": Vote.objects.count(),
    }
