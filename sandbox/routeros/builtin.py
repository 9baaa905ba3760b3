"""What stands on a router before anybody of ours logs in: factory rows, the provider's set-up, things
made by hand.

The rows made by hand belong to the provider's own people. Whoever manages accounts over the API must
leave them be.
"""

from typing import TYPE_CHECKING

from sandbox.routeros.table import Row

if TYPE_CHECKING:
    from sandbox.routeros.device import Device

PPPOE_POOL = "pppoe-pool"
HOTSPOT_POOL = "hs-pool"
# "Caméra du mât" as an old Windows console stores it: the two accented letters are single bytes.
CODE_PAGE_COMMENT = b"Cam\xe9ra du m\xe2t".decode("utf-8", "surrogateescape")


def furnish(device: "Device") -> None:
    _factory(device)
    if device.spec.pppoe:
        _pppoe(device)
    if device.spec.hotspot:
        _hotspot(device)
    _by_hand(device)


def _add(device: "Device", path: str, **attributes: str) -> Row:
    row = device.table(path).add({name.replace("_", "-"): value for name, value in attributes.items()})
    device.note_added(path, row)
    return row


def _default(device: "Device", path: str, id: str, **attributes: str) -> Row:
    """Add a built-in item under its fixed id."""
    table = device.table(path)
    row = _add(device, path, **attributes)
    table.drop(row)
    return table.insert({**row.values, "default": "true"}, id=id)


def _factory(device: "Device") -> None:
    _default(device, "/ppp/profile", "*0", name="default")
    _default(device, "/ppp/profile", "*FFFFFFFE", name="default-encryption", use_encryption="yes")
    _default(device, "/ip/hotspot/profile", "*0", name="default")
    _default(device, "/ip/hotspot/user/profile", "*0", name="default")
    for path in ("/ppp/aaa", "/radius/incoming", "/user/aaa"):
        _add(device, path)
    _add(device, "/system/identity", name=device.spec.name)
    for number in range(1, 6):
        name = f"ether{number}"
        _interface(device, name, "ether", f"DC:2C:6E:10:20:{number:02X}", {"default-name": name})
    _interface(device, "bridge-lan", "bridge", "DC:2C:6E:10:20:02", {})
    services = device.table("/ip/service")
    for name, port in (("api", device.spec.port), ("api-ssl", 8729), ("winbox", 8291), ("ssh", 22)):
        _add(device, "/ip/service", name=name, port=str(port), disabled="no" if name != "api-ssl" else "yes")
    for row in services.rows.values():
        row.values["invalid"] = "false"
    resource = {
        "version": f"{device.spec.version} (stable)", "build-time": "2025-03-20 07:26:53",
        "factory-software": "6.48.6", "free-memory": "761593856", "total-memory": "1073741824", "cpu": "ARM",
        "cpu-count": "4", "cpu-frequency": "1400", "free-hdd-space": "98254848",
        "total-hdd-space": "134479872",
        "write-sect-since-reboot": "1843", "write-sect-total": "102773", "bad-blocks": "0",
        "architecture-name": "arm", "board-name": "RB4011iGS+", "platform": "MikroTik",
    }  # fmt: skip
    device.table("/system/resource").insert(resource, live=device.resource)


def _interface(device: "Device", name: str, type: str, mac: str, more: dict[str, str]) -> None:
    zeros = ("rx-byte", "tx-byte", "rx-packet", "tx-packet", "rx-drop", "tx-drop", "rx-error", "tx-error")
    device.table("/interface").insert(
        {
            "name": name, "type": type, "mtu": "1500", "actual-mtu": "1500", "l2mtu": "1592",
            "mac-address": mac,
            "running": "true", "slave": "false", "disabled": "false", "link-downs": "0",
            **dict.fromkeys(zeros, "0"), **more,
        }
    )  # fmt: skip


def _pppoe(device: "Device") -> None:
    _add(device, "/ip/pool", name=PPPOE_POOL, ranges="10.20.0.10-10.20.15.254")
    profiles = device.table("/ppp/profile")
    default = profiles.rows["*0"]
    profiles.change(default, {"local-address": "10.20.0.1", "remote-address": PPPOE_POOL})


def _hotspot(device: "Device") -> None:
    _add(device, "/ip/pool", name=HOTSPOT_POOL, ranges="10.5.50.2-10.5.53.254")
    _add(
        device, "/ip/hotspot/profile", name="hsprof1", hotspot_address="10.5.50.1", dns_name="wifi.test",
        login_by="cookie,http-pap,mac-cookie", use_radius="no",
    )  # fmt: skip
    _add(
        device, "/ip/hotspot", name="hs1", interface="bridge-lan", address_pool=HOTSPOT_POOL,
        profile="hsprof1",
        disabled="no",
    )  # fmt: skip
    trial = _default(device, "/ip/hotspot/user", "*0", name="default-trial")
    trial.values["comment"] = "counters and limits for trial users"


def _by_hand(device: "Device") -> None:
    rows = [
        _add(device, "/ip/firewall/address-list", list="admins", address="10.99.0.0/24", comment="noc"),
        _add(
            device,
            "/queue/simple",
            name="mast-link",
            target="10.99.0.2/32",
            max_limit="5M/5M",
            comment="mast",
        ),
    ]
    if device.spec.pppoe:
        rows += [
            _add(device, "/ppp/profile", name="staff", local_address="10.20.0.1", remote_address=PPPOE_POOL),
            _add(
                device, "/ppp/secret", name="mast-camera", password="cam-7731", service="pppoe",
                profile="staff",
                remote_address="10.99.0.2", comment="mast camera, do not touch",
            ),
        ]  # fmt: skip
    if device.spec.hotspot:
        rows += [
            _add(device, "/ip/hotspot/user", name="reception", password="karibu", comment="front desk"),
            _add(device, "/ip/hotspot/walled-garden", dst_host="pay.example.test", comment="bank page"),
            _add(
                device, "/ip/hotspot/ip-binding", mac_address="3C:2A:F4:00:11:22", type="bypassed",
                comment="printer"
            ),
        ]  # fmt: skip
    for row in rows:
        row.by_hand = True


def spoil_comments(device: "Device", spoiled: bool) -> None:
    """Let the comment of the secret made by hand hold bytes that are not UTF-8, or take them away again."""
    row = device.table("/ppp/secret").named("mast-camera")
    if row is None or not row.by_hand or (row.values.get("comment") == CODE_PAGE_COMMENT) == spoiled:
        return
    row.values["comment"] = CODE_PAGE_COMMENT if spoiled else "mast camera, do not touch"
