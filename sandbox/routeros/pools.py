"""Addresses handed out from `/ip/pool`."""

from ipaddress import IPv4Address

from sandbox.routeros.table import Row, Table
from sandbox.routeros.values import pool_addresses


class Pools:
    def __init__(self, pools: Table, used: Table) -> None:
        self._pools = pools
        self._used = used
        self._taken: dict[str, Row] = {}
        self._last: dict[str, int] = {}

    def lease(self, pool: Row, owner: str, info: str) -> str | None:
        """Return a free address of the pool or of those that follow it; None when all are used up."""
        seen: set[str] = set()
        while pool.id not in seen:
            seen.add(pool.id)
            if (address := self._free_in(pool)) is not None:
                values = {"pool": pool.values["name"], "address": address, "owner": owner, "info": info}
                self._taken[address] = self._used.insert(values, dynamic=True)
                return address
            pool = self._pools.rows.get(pool.values.get("next-pool", ""), pool)
        return None

    def _free_in(self, pool: Row) -> str | None:
        """Look for a free address, beginning after the one handed out last."""
        blocks = pool_addresses(pool.values["ranges"])
        last = self._last.get(pool.id, 0)
        ahead = [range(max(first, last + 1), end + 1) for first, end in blocks]
        behind = [range(first, min(end, last) + 1) for first, end in blocks]
        for block in (*ahead, *behind):
            for number in block:
                address = str(IPv4Address(number))
                if address not in self._taken:
                    self._last[pool.id] = number
                    return address
        return None

    def release(self, address: str) -> None:
        """Give an address back; one that came from no pool is ignored."""
        if (row := self._taken.pop(address, None)) is not None:
            self._used.drop(row)

    def clear(self) -> None:
        for address in list(self._taken):
            self.release(address)
