"""Notifications, as they arrive at a receiver in the cluster."""

import hashlib
import hmac
import json

from guarding import Receiver, guard_of
from pods import deployment, server
from testbed import eventually

KEY = "a secret of the pager"


def signature(headers, body):
    signed = headers["X-Tidegate-Timestamp"].encode() + b"." + body
    return "sha256=" + hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()


def test_slack_and_webhook(guard, cluster, pods):
    """Both are told of the failure and of the rollback, once, though the receiver is away at first."""
    with Receiver(cluster, refusals=1) as receiver:
        for name, text in {"chat.slack": receiver.url("slack"), "pager.webhook": receiver.url("hook"),
                           "pager.key": KEY}.items():
            (guard.notifiers / name).write_text(text + "\n")
        pods.roll_out(deployment("shop", server("v1"), replicas=1))
        guard.guard(guard_of(pods.namespace, fail={"crashLoop": {"restarts": 2}},
                             notify=["chat", "pager"]))
        guard.await_state(pods, "shop", "Healthy")
        pods.apply(deployment("shop", server("v2", EXIT_AFTER=0), replicas=1))
        guard.await_back(pods, "shop")

        def of(path):
            return {json.dumps(json.loads(body)): (headers, json.loads(body))
                    for where, headers, body in receiver.got if where == path}
        eventually(lambda: len(of("/slack")) >= 2 and len(of("/hook")) >= 2, "all arrive", 30)
        slack, hook = list(of("/slack").values()), list(of("/hook").values())
        for where, headers, body in receiver.got:
            if where == "/hook":
                assert headers["X-Tidegate-Signature"] == signature(headers, body)
    texts = [body["text"] for _, body in slack]
    assert any("app:v2 (revision 2) failed and is rolled back to app:v1" in it for it in texts)
    assert any("was rolled back to app:v1" in it for it in texts)
    notices = {body["event"]: body for _, body in hook}
    failed = notices["RolloutFailed"]
    assert failed["workload"] == {"kind": "Deployment", "namespace": pods.namespace, "name": "shop"}
    assert (failed["severity"], failed["cause"]) == ("warning", "CrashLoop")
    assert "app v2 ends with code 1" in failed["text"]
    assert "RolledBack" in notices
    # What was refused at first came again, with the same id; nothing else came twice.
    assert len(receiver.got) == 5
    assert len({headers["X-Tidegate-Delivery"] for headers, _ in hook}) == 2
