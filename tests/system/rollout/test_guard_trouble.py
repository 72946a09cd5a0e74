"""The API server goes away, cuts watches off, forgets what they go on from, asks for patience, loses
answers: the guard does nothing wrong meanwhile, and catches up. The pods are played."""

import time

import pytest

from guarding import Guard, guard_of
from played import PlayedNode, app, crash, played, slow, well
from pods import Pods, deployment
from proxy import Proxy
from testbed import eventually
from timing import Trail

NAMESPACE = "trouble"
RECORDS = "PUT /api/v1/namespaces/tidegate-system/configmaps/"
PODS, DEPLOYMENTS = r"GET /api/v1/pods\?", r"GET /apis/apps/v1/deployments\?"
OUTAGE = 20  # seconds: a Lease and the deadline of `short` are over by then


class FarGuard(Guard):
    """A guard whose every call goes through the proxy. No review comes to it."""

    proxy = None

    def _kubeconfig(self):
        path = super()._kubeconfig()
        path.write_text(self.proxy.kubeconfig(path.read_text()))
        return path


@pytest.fixture(scope="module")
def proxy(cluster, tmp_path_factory):
    with Proxy(cluster, tmp_path_factory.mktemp("proxy")) as made:
        yield made


@pytest.fixture(scope="module")
def guard(cluster, proxy, tmp_path_factory):
    made = FarGuard(cluster, tmp_path_factory.mktemp("guard"))
    made.proxy = proxy
    made.start()
    try:
        with made.namespace(NAMESPACE):
            made.guard(guard_of(NAMESPACE, "short", deadline="15s", soak="1s"),
                       guard_of(NAMESPACE, deadline="150s", soak="1s"))
            eventually(lambda: made.metric("tidegate_guard_leader") == 1, "it leads")
            yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def pods(guard, cluster):
    return Pods(cluster, NAMESPACE)


@pytest.fixture
def node(cluster):
    with PlayedNode(cluster) as made:
        yield made


@pytest.fixture
def shop(request, guard, pods, node, proxy):
    """A Deployment whose v1 was seen healthy, in the middle of the rollout of one that is slow."""
    made = Shop(guard, pods, node, request.node.name.removeprefix("test_").replace("_", "-"))
    yield made.begin()
    proxy.mend()


class Shop:
    def __init__(self, guard, pods, node, name):
        self.guard, self.pods, self.node, self.name = guard, pods, node, name
        self.begun, self.next = time.time(), f"{name}-next"

    def begin(self):
        self.deploy("v1")
        self.await_state("Healthy", "v1")
        self.turns(slow)
        self.deploy(self.next)
        self.await_state("Progressing", self.next)
        return self

    def deploy(self, image):
        self.pods.apply(played(deployment(self.name, app(image))))

    def turns(self, how):
        self.node.play(**{self.next: how})

    def await_state(self, state, image):
        return self.guard.await_state(self.pods, self.name, state, images=f"app:{image}", within=120)

    def await_undone(self):
        self.guard.await_undone(self.pods, self.name)

    def await_back(self):
        return self.guard.await_back(self.pods, self.name)

    def trail(self):
        return Trail(self.pods.cluster, NAMESPACE, self.name, self.begun)

    def went_back_once(self):
        self.await_back()
        assert len(self.trail().patches()) == 1
        # v1 may be past its deadline, too, before Kubernetes' controllers are there again.
        failed = [step["images"] for step in self.history() if step["what"] == "Failed"]
        assert failed.count(f"app:{self.next}") == 1

    def was_left_alone(self, image):
        self.await_state("Healthy", image)
        assert self.trail().patches() == []
        assert "Failed" not in [step["what"] for step in self.history()]

    def history(self):
        return [it for it in self.guard.status(self.pods, self.name)["history"]
                if it["at"] >= int(self.begun)]

    def patch(self):
        """How a call that undoes it begins."""
        return f"PATCH /apis/apps/v1/namespaces/{NAMESPACE}/deployments/{self.name}"


# --- the API server goes away


def test_api_server_is_gone(guard, pods, node, cluster):
    """For a while. Meanwhile pods fail, get well, and a deadline passes. Afterwards Kubernetes' own
    controllers take up to half a minute until they are there again."""
    shops = [Shop(guard, pods, node, it).begin() for it in ("fails", "heals", "short")]
    fails, heals, short = shops
    argv = cluster.stop_api_server()
    try:
        fails.turns(crash)
        heals.turns(well)
        time.sleep(OUTAGE)  # what the trial is about
    finally:
        cluster.start_api_server(argv)
    for it in fails, short:
        it.await_undone()
    heals.was_left_alone(heals.next)
    for it in fails, short:
        it.went_back_once()


# --- watches


def test_watches_are_cut(shop, proxy):
    """Each one at once, and nobody is let in again for a while, in which the next version fails. What was
    quiet for LIMIT_KUBE_RESUME before is listed again; pods and Deployments have just changed."""
    proxy.refuse("GET .*watch=")
    assert proxy.cut("GET .*watch=") >= 7
    shop.turns(crash)
    eventually(lambda: proxy.seen(r"GET /api/v1/pods\?.*watch="), "it tries again")
    since = time.monotonic()
    proxy.mend()
    shop.went_back_once()
    lists = [it for resource in (PODS, DEPLOYMENTS) for it in proxy.seen(f"{resource}(?!.*watch=)", since)]
    assert lists == [], "it goes on where it was"


def test_watches_are_cut_again_and_again(shop, proxy):
    for _ in range(5):
        proxy.cut("GET .*watch=")
        time.sleep(0.3)  # of any length: some of them are at it again, some are not
    shop.turns(well)
    shop.was_left_alone(shop.next)


@pytest.mark.parametrize("how", ["answer", "event"])
def test_watches_are_gone(guard, pods, node, proxy, how):
    """410, as an answer or in the stream: all is listed again, and nothing is missed."""
    shop = Shop(guard, pods, node, f"gone-{how}").begin()
    since = time.monotonic()
    for it in PODS, DEPLOYMENTS:
        if how == "answer":
            proxy.answer(f"{it}.*watch=", 410, times=1)
        else:
            proxy.gone(f"{it}.*watch=", times=1)
    proxy.cut("GET .*watch=")
    shop.turns(crash)
    shop.went_back_once()
    for it in PODS, DEPLOYMENTS:
        assert proxy.seen(f"{it}(?!.*watch=)", since), "it lists again"


# --- patience

# A rollback is two patches: the template, then the owners of its fields.
UNDONE = [200, 200]


def patches(proxy, shop, since):
    """Those of a rollback, without one that the Deployment's controller came before (422)."""
    def sent():
        tries = [it for it in proxy.seen(shop.patch(), since) if it[2] != 422]
        return tries if [it[2] for it in tries[-2:]] == UNDONE else None

    return eventually(sent, "both patches")


def test_too_many_requests(shop, proxy):
    """429: it waits for as long as it is asked to."""
    proxy.answer(shop.patch(), 429, times=2, Retry_After=3)
    since = time.monotonic()
    shop.turns(crash)
    shop.went_back_once()
    tries = patches(proxy, shop, since)
    assert [status for _, _, status in tries] == [429, 429, *UNDONE]
    waited = [after[0] - before[0] for before, after in zip(tries[:2], tries[1:])]
    assert min(waited) >= 3, waited


def test_server_errors(shop, proxy):
    proxy.answer(shop.patch(), 500, times=2)
    since = time.monotonic()
    shop.turns(crash)
    shop.went_back_once()
    assert [status for _, _, status in patches(proxy, shop, since)] == [500, 500, *UNDONE]


def test_nothing_is_done_unwritten(shop, proxy):
    """While what it decides cannot be written it does nothing."""
    proxy.answer(RECORDS, 500, times=3)
    since = time.monotonic()
    shop.turns(crash)
    shop.went_back_once()
    written = [at for at, _, status in proxy.seen(RECORDS + f".*{shop.name}", since) if status == 200]
    assert written[0] < proxy.seen(shop.patch(), since)[0][0]
    assert len([it for it in proxy.seen(RECORDS, since) if it[2] == 500]) == 3


# --- lost answers


def test_answer_to_the_undo_is_lost(shop, proxy):
    """It was done, and the guard does not know: it looks, and does not do it again."""
    proxy.lose_answer(shop.patch(), times=1)
    shop.turns(crash)
    shop.went_back_once()


def test_answer_to_a_write_is_lost(shop, proxy):
    proxy.lose_answer(RECORDS + f".*{shop.name}", times=1)
    shop.turns(crash)
    shop.went_back_once()


def test_each_second_answer_is_lost(shop, proxy):
    """Of all that it writes."""
    for _ in range(2):
        proxy.lose_answer("(PUT|PATCH|POST) (?!.*leases)", times=1)
        proxy.answer("(PUT|PATCH|POST) (?!.*leases)", 503, times=1)
    shop.turns(crash)
    shop.went_back_once()
