"""What the worker does and how often: a part of the settings."""

from __future__ import annotations

# (function, seconds between runs); see lib.worker.
KAKEHASHI_TASKS: list[tuple[str, float]] = [
    ("kakehashi.stories.tasks.publish_scheduled", 15.0),
    ("kakehashi.search.tasks.index_new", 3.0),
    ("kakehashi.alerts.tasks.tell_readers", 3.0),
    ("kakehashi.ranking.tasks.fold_in_votes", 0.5),
    ("kakehashi.ranking.tasks.refit", 20.0),
    ("kakehashi.ranking.tasks.draw_maps", 5.0),
    ("kakehashi.moderation.tasks.score_new", 5.0),
    ("kakehashi.moderation.tasks.retrain", 30.0),
    ("kakehashi.moderation.tasks.find_waiting", 5.0),
    ("kakehashi.moderation.tasks.look_at_members", 5.0),
    ("kakehashi.moderation.tasks.look_at_watched", 900.0),
    ("kakehashi.moderation.tasks.try_broken_checks", 60.0),
    ("kakehashi.moderation.tasks.look_again", 60.0),
    ("kakehashi.moderation.tasks.forget_digests", 3600.0),
    ("kakehashi.moderation.tasks.forget_nudges", 3600.0),
    ("kakehashi.moderation.tasks.settle_withdrawn", 20.0),
    ("kakehashi.moderation.tasks.forget_senders", 3600.0),
    ("kakehashi.trending.tasks.weigh", 30.0),
    ("kakehashi.surveys.tasks.turn_pages", 2.0),
    ("kakehashi.surveys.tasks.forget_addresses", 3600.0),
    ("kakehashi.alerts.tasks.queue_news", 10.0),
    ("kakehashi.alerts.tasks.queue_digests", 30.0),
    ("kakehashi.alerts.tasks.send_mails", 2.0),
    ("kakehashi.alerts.tasks.tidy_up", 600.0),
    ("kakehashi.trending.tasks.ask_sisters", 20.0),
    ("kakehashi.readers.tasks.forget_unconfirmed", 3600.0),
    ("kakehashi.readers.tasks.forget_sessions", 3600.0),
    ("kakehashi.readers.tasks.carry_out_departures", 60.0),
    ("kakehashi.readers.tasks.make_exports", 10.0),
    ("kakehashi.readers.tasks.forget_old", 600.0),
    ("kakehashi.moderation.tasks.watch_votes", 30.0),
    ("kakehashi.moderation.tasks.go_on_discounting", 1.0),
    ("kakehashi.moderation.tasks.watch_accounts", 300.0),
]

# Of these and the backup, what may take minutes: it runs beside the others.
KAKEHASHI_LONG_TASKS = {
    "kakehashi.readers.tasks.make_exports",
    "kakehashi.ranking.tasks.refit",
    "kakehashi.ranking.tasks.draw_maps",
    "kakehashi.moderation.tasks.retrain",
    "kakehashi.moderation.tasks.look_again",
    "kakehashi.moderation.tasks.watch_votes",
    "kakehashi.moderation.tasks.watch_accounts",
    "kakehashi.alerts.tasks.send_mails",
    "kakehashi.trending.tasks.ask_sisters",
    "kakehashi.server.backup.scheduled.back_up",
}
