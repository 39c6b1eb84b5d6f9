"""What an integrator's script does, with nothing but the generated client: create, submit, query.

Run by `tests/contract/test_clients.py` in the environment that `make client-tools` makes; the
types it uses are checked there, too. It ends with status 0 if everything was as it must be.
"""

import datetime as dt
import sys
import time
from typing import TypeVar
from uuid import UUID, uuid4

from dajiatan_client import AuthenticatedClient
from dajiatan_client.api.activities import (
    create_activity,
    get_activity,
    list_activities,
    submit_activity,
    update_activity,
)
from dajiatan_client.api.branches import create_branch
from dajiatan_client.api.campaigns import create_campaign, open_campaign
from dajiatan_client.api.jobs import get_job
from dajiatan_client.api.obligations import list_obligations
from dajiatan_client.api.progress import get_progress
from dajiatan_client.api.units import create_unit, list_units
from dajiatan_client.models import (
    ActivityEntered,
    ActivityKind,
    ActivityNew,
    ActivityNewStatus,
    ActivityPatch,
    ActivityWritten,
    BranchNew,
    BranchOut,
    CampaignFromTemplate,
    CampaignFromTemplateTemplate,
    CampaignOut,
    JobAccepted,
    JobOut,
    JobStatus,
    ListObligationsStatusItem,
    PageActivityOut,
    PageObligationOut,
    PageUnitOut,
    Problem,
    ProgressOut,
    Sector,
    SubmissionStatus,
    UnitKind,
    UnitNew,
    UnitOut,
)

Expected = TypeVar("Expected")
ROOT_CODE = "440600"
TOPIC = "topic_new_measures"
DUTY = "discuss-new-measures"


def expect(kind: type[Expected], answer: object) -> Expected:
    """The answer, if it is of this kind."""
    assert isinstance(answer, kind), answer
    return answer


def main(address: str, key: str) -> None:
    """A branch and a campaign, an activity from its draft to the progress that it makes."""
    with AuthenticatedClient(base_url=address, token=key) as client:
        branch, campaign = prepared(client)
        assert done(client, campaign) == 0
        activity = drafted(client, branch, campaign)
        assert done(client, campaign) == 0
        submitted(client, activity)
        assert done(client, campaign) == 1
        queried(client, activity, branch, campaign)
        refused(client, activity)


def prepared(client: AuthenticatedClient) -> tuple[UUID, UUID]:
    """A branch below the root and an open campaign."""
    root = expect(PageUnitOut, list_units.sync(client=client, code=[ROOT_CODE])).data[0]
    unit = UnitNew(
        code="0101",
        name="市教育局党委",
        kind=UnitKind.COMMITTEE,
        sector=Sector.PUBLIC_INSTITUTION,
        parent_id=root.id,
    )
    parent = expect(UnitOut, create_unit.sync(client=client, body=unit))
    branch = expect(
        BranchOut,
        create_branch.sync(
            client=client,
            body=BranchNew(
                code="010101", name="市第一小学党支部", sector=Sector.SCHOOL, unit_id=parent.id
            ),
        ),
    )
    template = CampaignFromTemplate(
        template=CampaignFromTemplateTemplate.MASS_LINE_DISCUSSION_2012, root_unit_id=root.id
    )
    campaign = expect(CampaignOut, create_campaign.sync(client=client, body=template))
    opening = open_campaign.sync(campaign.id, client=client, if_match="*")
    await_end(client, expect(JobAccepted, opening).job_id)
    return branch.id, campaign.id


def await_end(client: AuthenticatedClient, job_id: UUID) -> None:
    """Until the job has succeeded."""
    for _ in range(300):
        job = expect(JobOut, get_job.sync(job_id, client=client))
        if job.status not in {JobStatus.QUEUED, JobStatus.RUNNING}:
            assert job.status == JobStatus.SUCCEEDED, job
            return
        time.sleep(0.1)
    raise TimeoutError(job_id)


def drafted(client: AuthenticatedClient, branch: UUID, campaign: UUID) -> ActivityEntered:
    """A draft, sent twice under one key: it is there once."""
    body = ActivityNew(
        campaign_id=campaign,
        org_id=branch,
        kind=ActivityKind.DISCUSSION,
        title="谈群众工作的新思路新举措",
        held_on=dt.date(2013, 1, 15),
        topics=[TOPIC],
        members_present=12,
        status=ActivityNewStatus.DRAFT,
    )
    key = str(uuid4())
    answers = [
        create_activity.sync_detailed(client=client, body=body, idempotency_key=key)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    first, again = (expect(ActivityEntered, answer.parsed) for answer in answers)
    assert first == again
    assert first.status == SubmissionStatus.DRAFT
    return first


def submitted(client: AuthenticatedClient, activity: ActivityEntered) -> None:
    """Corrected, then submitted, each with the revision that was read."""
    read = get_activity.sync_detailed(activity.id, client=client)
    changed = update_activity.sync_detailed(
        activity.id,
        client=client,
        body=ActivityPatch(members_present=13),
        if_match=read.headers["ETag"],
    )
    assert expect(ActivityWritten, changed.parsed).members_present == 13
    stale = submit_activity.sync(activity.id, client=client, if_match=read.headers["ETag"])
    assert expect(Problem, stale).code == "stale_revision"
    there = submit_activity.sync(activity.id, client=client, if_match=changed.headers["ETag"])
    assert expect(ActivityWritten, there).status == SubmissionStatus.SUBMITTED


def queried(
    client: AuthenticatedClient, activity: ActivityEntered, branch: UUID, campaign: UUID
) -> None:
    """It is in the list, and the branch's duty names it as its evidence."""
    page = list_activities.sync(
        client=client,
        campaign_id=[campaign],
        org_id=[branch],
        status=[SubmissionStatus.SUBMITTED],
    )
    assert [row.id for row in expect(PageActivityOut, page).data] == [activity.id]
    duties = list_obligations.sync(
        client=client,
        campaign_id=[campaign],
        subject_id=[branch],
        status=[ListObligationsStatusItem.MET],
    )
    met = expect(PageObligationOut, duties).data
    assert [duty.requirement_code for duty in met] == [DUTY]


def refused(client: AuthenticatedClient, activity: ActivityEntered) -> None:
    """A problem is a typed answer, with its code and its places."""
    absent = get_activity.sync(uuid4(), client=client)
    assert expect(Problem, absent).code == "not_found"
    wrong = update_activity.sync(
        activity.id, client=client, body=ActivityPatch(members_present=-1), if_match="*"
    )
    problem = expect(Problem, wrong)
    assert problem.errors
    assert [error.pointer for error in problem.errors] == ["/members_present"]


def done(client: AuthenticatedClient, campaign: UUID) -> int:
    """How often the duty is done in the whole tree."""
    figures = expect(ProgressOut, get_progress.sync(client=client, campaign_id=campaign))
    (row,) = (row for row in figures.requirements if row.requirement_code == DUTY)
    return row.done


if __name__ == "__main__":
    main(*sys.argv[1:])
