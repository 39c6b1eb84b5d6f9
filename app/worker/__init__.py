"""Background work: the one place that knows which handler carries out which job."""

from collections.abc import Sequence
from typing import Final

from app.events.baseline import state_former
from app.events.heads import tell_head
from app.events.sealing import seal_due
from app.features.accounts.jobs import forget_ended_tokens
from app.features.attachments.jobs import sweep
from app.features.campaigns import jobs as campaigns
from app.features.counts.jobs import count_anew
from app.features.erasures import jobs as erasures
from app.features.exports import jobs as exports
from app.features.imports import jobs as imports
from app.features.jobs.jobs import forget_finished
from app.features.obligations.jobs import fold_counters, settle_ended
from app.features.reminders import jobs as reminders
from app.features.reports.jobs import keep_missing
from app.features.webhooks import jobs as webhooks
from app.http.idempotency import forget_expired
from app.jobs import Handler
from app.replica.reading import beat
from app.worker.courier import deliver_webhooks
from app.worker.making import Maker
from app.worker.periodic import PeriodicTask
from app.worker.process import embedded, run_process
from app.worker.runner import Errand, Worker
from app.worker.watchdog import is_well

__all__ = [
    "ERRANDS",
    "HANDLERS",
    "PERIODIC",
    "PeriodicTask",
    "Worker",
    "embedded",
    "is_well",
    "run_process",
]

HANDLERS: Final[dict[str, Handler | Maker]] = {
    "campaign.forget": erasures.forget_campaign,
    "campaign.open": campaigns.open_campaign,
    "export.make": Maker(exports.make, exports.keep),
    "import.apply": imports.write,
    "import.plan": imports.plan,
    "reminder.send": reminders.send_reminders,
    "requirement.open_periods": campaigns.open_periods,
    "requirement.reconcile": campaigns.reconcile_requirement,
}
"""The only map from a kind of job to its handler: one line each."""

PERIODIC: Final[Sequence[PeriodicTask]] = (
    PeriodicTask("attachments.sweep", 3600, sweep),
    PeriodicTask("audit.seal", 5, seal_due),
    PeriodicTask("audit.state_former", 60, state_former),
    PeriodicTask("audit.tell_head", 3600, tell_head),
    PeriodicTask("campaigns.look_for_forgotten", 3600, erasures.look_for_due),
    PeriodicTask("exports.sweep", 600, exports.sweep),
    PeriodicTask("idempotency.forget_expired", 600, forget_expired),
    PeriodicTask("imports.forget_ended", 3600, imports.forget_ended),
    PeriodicTask("jobs.forget_finished", 3600, forget_finished),
    PeriodicTask("tokens.forget_ended", 3600, forget_ended_tokens),
    PeriodicTask("campaigns.open_periods", 300, campaigns.open_begun),
    PeriodicTask("counters.fold", 2, fold_counters),
    PeriodicTask("counts.count_anew", 3600, count_anew),
    PeriodicTask("obligations.settle_ended", 3600, settle_ended),
    PeriodicTask("replica.beat", 1, beat, lambda settings: settings.replicated),
    PeriodicTask("reports.keep_missing", 10, keep_missing),
    PeriodicTask("reminders.look_for_due", 300, reminders.look_for_due),
    PeriodicTask("webhooks.sweep", 60, webhooks.sweep),
)
"""What is done again and again, by whichever worker comes first: one line each."""

ERRANDS: Final[Sequence[Errand]] = (deliver_webhooks,)
"""What every worker does all the time."""
