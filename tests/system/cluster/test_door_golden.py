"""What people see in kubectl, word for word: the transcripts of golden/."""

import difflib

import pytest

from transcript import GOLDEN, UPDATE, Transcript


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript(door, path, tmp_path):
    transcript = Transcript(path)
    door.use(transcript.rules())
    with door.namespace(path.stem):
        found = transcript.play(door.cluster, tmp_path)
    if UPDATE:
        path.write_text(found, encoding="utf-8")
    difference = difflib.unified_diff(transcript.text.splitlines(), found.splitlines(),
                                      path.name, "now", lineterm="")
    assert UPDATE or found == transcript.text, "\n".join(difference)
