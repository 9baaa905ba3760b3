"""The bill of materials says what the lock says."""

import json

from bando.sbom import FILE, ROOT, packages


def test_the_bill_lists_every_package_of_the_lock() -> None:
    locked = packages((ROOT / "requirements.lock").read_text())
    listed = json.loads(FILE.read_text())["components"]
    assert len(locked) > 60
    assert [(one["name"], one["version"]) for one in listed] == [
        (name, version) for name, version, _ in locked
    ]
    for (_, _, hashes), one in zip(locked, listed, strict=True):
        assert hashes, f"{one['name']} is locked without a hash"
        assert [each["value"] for each in one["properties"]] == hashes


def test_most_packages_tell_their_licence() -> None:
    listed = json.loads(FILE.read_text())["components"]
    assert sum("licenses" in one for one in listed) > len(listed) * 0.9
