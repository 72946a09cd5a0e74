"""`tidegate rollback` and `release` while others write, at an API server that does as it is told."""

import datetime
import json
import re
import time

import pytest

from test_status import DOCS, V1, V2, asked, failure, good, record, refusal  # noqa: F401

PAGE = (DOCS / "commands.md").read_text()
CONFLICT = refusal(409, "Conflict", "the object has been modified")
WHO = 201, {}, {"status": {"userInfo": {"username": "alice", "groups": []}}}
DONE = 200, {}, {}


def workload(image, version):
    return 200, {}, {"metadata": {"name": "api", "uid": "u", "resourceVersion": version},
                     "spec": {"template": {"spec": {"containers": [{"name": "api", "image": image}]}}}}


def known(state="Progressing", **fields):
    return 200, {}, record("api", state, healthy=[good(V1, "api:v1")], **fields)


def orders(server):
    return [json.loads(call["sent"])["metadata"] for call in server.calls if call["method"] == "PATCH"]


def test_a_rollback_is_written_again_when_somebody_wrote_in_between(asked):
    server, run = asked(known(), workload("api:v2", "7"), WHO, workload("api:v2", "7"), CONFLICT,
                        workload("api:v2", "8"), DONE)
    shown = re.search(r"```text\n(deployment/api in namespace shop is .*?)```", PAGE, re.S)[1]
    assert run("rollback", "-n", "shop", "deploy/api", "--reason", "slow") == (0, shown, "")
    first, second = orders(server)
    assert (first["uid"], first["resourceVersion"], second["resourceVersion"]) == ("u", "7", "8")
    order = second["annotations"]["tidegate.dev/rollback"]
    assert order == first["annotations"]["tidegate.dev/rollback"]
    assert " by alice at " in order and order.endswith("Z: slow")


def test_the_page_shows_what_is_printed(asked):
    def at(hour, minute, second=0):
        then = datetime.datetime(2026, 11, 24, hour, minute, second, tzinfo=datetime.timezone.utc)
        return int(then.timestamp())

    def step(when, what, version, **fields):
        return {"at": when, "what": what, "hash": {"v1": V1, "v2": V2}[version], "images": f"api:{version}", **fields}

    why = 'container "api" of pod "api-7f9" ended 3 times: Error, exit code 1'
    history = [step(at(9, 0), "Deployed", "v1"), step(at(9, 6), "Healthy", "v1"), step(at(10, 0), "Deployed", "v2"),
               step(at(10, 0, 41), "Failed", "v2", words=why, done="goes back to revision 1 (api:v1)"),
               step(at(10, 0, 42), "RolledBack", "v2", words="api:v1")]
    _, run = asked((200, {}, record("api", "Healthy", int(time.time()) - 725, history=history, healthy=[
        {"hash": V1, "images": "api:v1", "at": at(9, 6)}], failed=[
            failure(V2, "api:v2", quarantined=True, words=why) | {"at": at(10, 0, 41)}])))
    shown = re.search(r"```text\n(deployment/api in namespace shop, by .*?)```", PAGE, re.S)[1]
    assert run("history", "-n", "shop", "deploy/api") == (0, shown, "")


def test_it_is_about_the_version_that_was_looked_at(asked):
    server, run = asked(known(), workload("api:v2", "7"), WHO, workload("api:v2", "7"), CONFLICT,
                        workload("api:v3", "8"))
    assert run("rollback", "-n", "shop", "deploy/api") == (
        1, "", "tidegate rollback: its template was changed meanwhile; look at it again\n")


def test_conflicts_without_an_end(asked):
    server, run = asked(known(), workload("api:v2", "7"), WHO, *[workload("api:v2", "7"), CONFLICT] * 5)
    assert run("rollback", "-n", "shop", "deploy/api") == (
        2, "", "Error from server (Conflict): the object has been modified\n")


def test_one_that_goes_back_already(asked):
    server, run = asked(known(), workload("api:v2", "7"), WHO, workload("api:v2", "7"), DONE)
    run("rollback", "-n", "shop", "deploy/api")
    hash = orders(server)[0]["annotations"]["tidegate.dev/rollback"].split()[0]
    server, run = asked(known("RollingBack", hash=hash, words="it failed"), workload("api:v2", "7"))
    assert run("rollback", "-n", "shop", "deploy/api") == (
        1, "", "tidegate rollback: deployment/api goes back already: it failed\n")


def test_what_failed_later_is_no_target(asked):
    _, run = asked(known(failed=[failure(V1, "api:v1")]), workload("api:v2", "7"))
    status, _, err = run("rollback", "-n", "shop", "deploy/api")
    assert status == 1 and "nothing healthy to go back to" in err


@pytest.mark.parametrize("act, told", [
    (refusal(403, "Forbidden", "deployments.apps is forbidden\nask the owner"),
     "Error from server (Forbidden): deployments.apps is forbidden\nask the owner\n"),
    (refusal(403, "Forbidden", "no\x1b[2J"), "Error from server (Forbidden): no [2J\n")])
def test_a_denial_is_printed_as_kubectl_prints_it(asked, act, told):
    failed = known(failed=[failure(V2, "api:v2", quarantined=True)])
    _, run = asked(failed, WHO, workload("api:v1", "7"), workload("api:v1", "7"), act)
    assert run("release", "-n", "shop", "deploy/api") == (1, "", told)


@pytest.mark.parametrize("acts", [[(500, {}, b"oh")], [known(), (500, {}, b"oh")],
                                  [known(), workload("api:v2", "7"), (500, {}, b"oh")]])
def test_what_cannot_be_asked(asked, acts):
    _, run = asked(*acts)
    status, out, err = run("rollback", "-n", "shop", "deploy/api")
    assert (status, out) == (2, "") and err.endswith("500: oh\n")
