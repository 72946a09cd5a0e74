"""Rules that change while reviews run."""

import os
import shutil
import signal

from conftest import HERE, Load, eventually, review

LENIENT = """
apiVersion: tidegate.dev/v1alpha1
kind: Policy
metadata:
  name: lenient
spec:
  match:
    workloads: all
  rules:
    - id: owner
      mode: audit
      fields:
        - path: metadata.labels.owner
          exists: true
"""


def allowed(door):
    return door.admit(review(3))["allowed"]


def write_whole(path, text):
    """As an editor or a volume does it: the new file takes the place of the old one."""
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)


def test_new_rules_are_in_force_without_a_failed_request(start):
    door = start()
    with Load(door) as load:
        assert allowed(door) is False
        write_whole(door.rules / "base.yaml", LENIENT)
        eventually(lambda: allowed(door), "the new rules")
        load.await_more()
    assert load.failures == []
    assert door.metric('tidegate_rules_reloads_total{result="success"}') == 1
    assert door.metric("tidegate_rules") == 1


def test_a_file_that_comes_and_one_that_goes_are_seen(start):
    door = start()
    (door.rules / "more.yaml").write_text(LENIENT)
    eventually(lambda: door.metric("tidegate_rules") == 3, "three rules")
    (door.rules / "base.yaml").unlink()
    eventually(lambda: allowed(door), "one file less")


def test_a_directory_and_a_file_are_both_watched(start, tmp_path):
    more = tmp_path / "more.rules"  # whatever its name ends in
    more.write_text(LENIENT)
    door = start("--rules", str(more))
    assert door.metric("tidegate_rules") == 3
    write_whole(more, LENIENT.replace("lenient", "other").replace("id: owner", "id: another"))
    eventually(lambda: door.metric('tidegate_rules_reloads_total{result="success"}') == 1, "the file")
    (door.rules / "base.yaml").unlink()
    eventually(lambda: door.metric("tidegate_rules") == 1, "one file less")


def test_broken_rules_keep_the_old_ones_and_are_told(start):
    door = start()
    good = (door.rules / "base.yaml").read_text()
    with Load(door) as load:
        write_whole(door.rules / "base.yaml", good.replace("podSecurity", "podSecurty"))
        line = door.events.await_line(lambda text: "rules_kept" in text)
        load.await_more()
    assert load.failures == [] and allowed(door) is False
    assert "did you mean" in line or "unknown check" in line
    ready, page = door.get("/readyz?verbose")
    assert ready == 200
    assert "the newest files are not in force" in page and 'unknown check "podSecurty"' in page
    assert door.metric('tidegate_rules_reloads_total{result="failure"}') == 1
    write_whole(door.rules / "base.yaml", good)
    door.events.await_line(lambda text: "rules_reloaded" in text)
    assert "not in force" not in door.get("/readyz?verbose")[1]


def test_a_rule_that_finds_nothing_is_kept_at_the_start_and_told(start, tmp_path):
    """It compiled before such mistakes were told: the other rules do not wait for its author."""
    rules = tmp_path / "vain"
    rules.mkdir()
    vain = LENIENT.replace("rules:\n", "rules:\n    - id: vain\n      fields: [{path: metadata.label.a, min: 1}]\n")
    assert vain != LENIENT
    (rules / "base.yaml").write_text(vain)
    door = start(rules=rules)
    line = door.events.await_line(lambda text: "rules_find_nothing" in text)
    assert "base.yaml" in line and "leads nowhere" in line
    ready, page = door.get("/readyz?verbose")
    assert ready == 200 and "can never find anything" in page and 'did you mean "labels"?' in page
    assert door.metric("tidegate_rules_find_nothing") == 1
    assert door.metric("tidegate_rules_problem") == 1
    assert door.metric("tidegate_rules") == 2
    write_whole(rules / "base.yaml", vain.replace("label.a", "label.b"))
    door.events.await_line(lambda text: "rules_kept" in text)
    write_whole(rules / "base.yaml", vain.replace("label.a", "labels.a"))
    door.events.await_line(lambda text: "rules_reloaded" in text)
    assert door.metric("tidegate_rules_find_nothing") == 0
    assert door.metric("tidegate_rules_problem") == 0


def test_warnings_are_logged_once_a_reload(start):
    door = start()
    good = (door.rules / "base.yaml").read_text()
    doubtful = LENIENT.replace("metadata.labels.owner", "spec.quux")
    write_whole(door.rules / "base.yaml", doubtful)
    line = door.events.await_line(lambda text: "rules_warning" in text)
    assert "base.yaml:" in line and 'spec.quux' in line and "may lead nowhere" in line
    write_whole(door.rules / "base.yaml", good)
    eventually(lambda: door.metric('tidegate_rules_reloads_total{result="success"}') == 2, "the good ones")
    assert door.metric("tidegate_rules_problem") == 0
    assert sum("rules_warning" in text for text in door.events.lines) == 1


def test_schemas_say_what_else_a_kind_is(start, tmp_path):
    """`Service` is also a kind of others, and its paths are theirs."""
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    (schemas / "crd.yaml").write_text("""
kind: CustomResourceDefinition
spec:
  group: serving.example.com
  names: {kind: Service}
  versions:
    - schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {
        portz: {type: integer}}}}}}
""")
    rules = LENIENT.replace("    workloads: all\n", "    kinds: [Service]\n").replace("metadata.labels.owner", "spec.portz")
    door = start("--schemas", schemas)
    write_whole(door.rules / "base.yaml", rules)
    door.events.await_line(lambda text: "rules_reloaded" in text)
    other = start()
    write_whole(other.rules / "base.yaml", rules)
    assert 'did you mean' in other.events.await_line(lambda text: "rules_kept" in text)


def test_a_directory_that_is_gone_keeps_the_old_rules(start):
    door = start()
    shutil.rmtree(door.rules)
    door.events.await_line(lambda text: "rules_kept" in text)
    assert allowed(door) is False


def test_a_signal_reloads_at_once(start):
    door = start()
    door.signal(signal.SIGHUP)
    door.events.await_line(lambda text: "rules_reloaded" in text)
    assert door.metric('tidegate_rules_reloads_total{result="success"}') == 1


def test_a_config_map_changes_by_its_links(start, tmp_path):
    """kubelet's layout: files link into ..data, which links to a directory; a change swaps the link."""
    mount = tmp_path / "mount"
    first, second = mount / "..2026_01", mount / "..2026_02"
    for version in (first, second):
        version.mkdir(parents=True)
    shutil.copy(HERE / "rules" / "base.yaml", first / "base.yaml")
    (second / "base.yaml").write_text(LENIENT)
    (mount / "..data").symlink_to(first.name)
    (mount / "base.yaml").symlink_to("..data/base.yaml")
    door = start(rules=mount)
    assert allowed(door) is False
    (mount / "..data_tmp").symlink_to(second.name)
    os.rename(mount / "..data_tmp", mount / "..data")
    eventually(lambda: allowed(door), "the new version")


def test_counters_of_a_rule_go_on_after_a_reload(start):
    door = start()
    sample = 'tidegate_rule_results_total{policy="base",rule="non-root",mode="deny",result="broken"}'
    allowed(door)
    before = door.metric(sample)
    (door.rules / "more.yaml").write_text(LENIENT)
    eventually(lambda: door.metric("tidegate_rules") == 3, "three rules")
    allowed(door)
    assert before >= 1 and door.metric(sample) == before + 1
