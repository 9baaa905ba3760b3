"""The account: what left wallets, what our books say, what routers hold and phones have read, side by side.

Plain values in, sentences out. Lost: a wallet's shilling that no entry of the journal holds, or something paid for
that is not there. Doubled: one payment or one purchase counted, served or texted twice. Invented: money or access of
ours without a wallet's shilling behind it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drill.facts import Collection, Movement, Notice, Purchase, Receipt, Row, World

MONTH_DAYS = (28, 31)
TAKEN = ("sent", "delivered", "read")
"""A text in these states was handed over, or read in a talk. What the carrier loses the screen still shows."""


@dataclass
class Findings:
    """One sentence for each thing that is lost, doubled or invented; none: the drill is passed."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)

    def without(self, known: "Findings") -> "Findings":
        return Findings(
            [said for said in self.lost if said not in known.lost],
            [said for said in self.doubled if said not in known.doubled],
            [said for said in self.invented if said not in known.invented],
        )

    def joined(self, more: "Findings") -> "Findings":
        return Findings(self.lost + more.lost, self.doubled + more.doubled, self.invented + more.invented)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.invented)


def examine(world: World) -> Findings:
    """Compare everything with everything."""
    found = Findings()
    _money(world, found)
    _purchases(world, found)
    _vouchers(world, found)
    _home_time(world, found)
    _routers(world, found)
    _texts(world, found)
    return found


def _money(world: World, found: Findings) -> None:
    """Each movement is one entry, each entry one movement, cent by cent."""
    receipts = {receipt.number: receipt for receipt in world.receipts if receipt.provider == "mpesa"}
    references = {collection.reference: collection for collection in world.collections}
    left = {entry.source: entry.cents for entry in world.entries}
    told = {receipt.collection_id for receipt in world.receipts}
    for movement in world.movements:
        source = _source_of(movement, receipts, references, told)
        posted = left.pop(source, None)
        if posted is None:
            found.lost.append(f"{movement.receipt}: {movement.cents} cents are in no entry ({source})")
        elif posted < movement.cents:
            found.lost.append(f"{movement.receipt}: {movement.cents} cents moved, {posted} posted")
        elif posted > movement.cents:
            found.invented.append(f"{movement.receipt}: {movement.cents} cents moved, {posted} posted")
    paid_for = {f"collection:{references[m.account].id}" for m in world.movements if m.account in references}
    for source, cents in left.items():
        where = found.doubled if source in paid_for else found.invented
        where.append(f"{source}: {cents} cents posted, no movement of its own")
    known = {movement.receipt for movement in world.movements}
    found.invented += [f"receipt {number} is not M-PESA's" for number in receipts if number not in known]
    found.invented += [f"entry {entry} does not sum to zero" for entry in world.unbalanced]
    prompts = Counter(
        references[m.account].purchase_id
        for m in world.movements
        if m.kind == "stk" and m.account in references
    )
    found.doubled += [f"purchase {id}: {paid} prompts paid" for id, paid in prompts.items() if paid > 1]


def _source_of(
    movement: Movement,
    receipts: Mapping[str, Receipt],
    references: Mapping[str, Collection],
    told: set[int | None],
) -> str:
    """The entry that should hold a movement: by its receipt, or by the reference where we never heard its number."""
    receipt = receipts.get(movement.receipt)
    if receipt is not None:
        own = receipt.collection_id
        return f"collection:{own}" if own is not None else f"receipt:mpesa:{receipt.number}"
    collection = references.get(movement.account)
    if collection is None or collection.id in told:
        return "nothing of ours names it"
    return f"collection:{collection.id}"


def _purchases(world: World, found: Findings) -> None:
    """What is paid is billed and has its access, once; what is not paid has neither."""
    paid = {collection.purchase_id for collection in world.collections if collection.state == "paid"}
    by_money = {f"receipt:{receipt.id}" for receipt in world.receipts}
    for purchase in world.purchases:
        name = f"purchase {purchase.id}"
        if purchase.state not in ("paid", "served"):
            if purchase.id in paid:
                found.lost.append(f"{name} is paid for and stands as {purchase.state}")
            if purchase.invoices:
                found.invented.append(f"{name} is billed and not paid")
            continue
        if purchase.id not in paid and purchase.session not in by_money:
            found.invented.append(f"{name} is {purchase.state} and nobody paid")
        if purchase.subscription_id is None:
            found.lost.append(f"{name} is paid and has no access")
        if purchase.invoices != 1:
            where = found.doubled if purchase.invoices else found.lost
            where.append(f"{name} has {purchase.invoices} invoices")
        if purchase.started > 1:
            found.doubled.append(f"{name}: its time began {purchase.started} times")
        if purchase.kind == "pppoe" and purchase.state == "paid":
            found.lost.append(f"{name}: its time has not begun")


def _vouchers(world: World, found: Findings) -> None:
    """One voucher for one paid purchase."""
    bought = Counter(
        purchase.subscription_id
        for purchase in world.purchases
        if purchase.kind == "hotspot" and purchase.state in ("paid", "served")
    )
    minted = Counter(voucher.line_id for voucher in world.vouchers)
    for line_id in bought.keys() | minted.keys():
        have, paid = minted[line_id or 0], bought[line_id]
        if have < paid:
            found.lost.append(f"line {line_id}: {paid} purchases, {have} vouchers")
        elif have > paid:
            where = found.doubled if paid else found.invented
            where.append(f"line {line_id}: {paid} purchases, {have} vouchers")


def _home_time(world: World, found: Findings) -> None:
    """A home line runs a month for each month that was bought."""
    months = Counter(p.subscription_id for p in world.purchases if p.kind == "pppoe" and p.state == "served")
    for line in world.lines:
        if line.kind != "pppoe" or line.starts_at is None or line.paid_through is None:
            continue
        days, bought = (line.paid_through - line.starts_at).days, months[line.id]
        if days < MONTH_DAYS[0] * bought - 1:
            found.lost.append(f"line {line.id}: {bought} months bought, {days} days given")
        elif days > MONTH_DAYS[1] * bought + 2:
            where = found.doubled if bought else found.invented
            where.append(f"line {line.id}: {bought} months bought, {days} days given")


def _routers(world: World, found: Findings) -> None:
    """Every router holds what it should, and nothing of ours besides."""
    held: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in world.rows:
        if row.works:
            held[row.router, row.account_id].append(row)
    for line in world.lines:
        if line.wanted != "present":
            continue
        if not line.routers:
            found.lost.append(f"line {line.id}: no router is to hold it")
        for router in line.routers:
            rows = held.pop((router, line.account_id or 0), [])
            if not any(row.name == line.username for row in rows):
                found.lost.append(f"line {line.id} is not on {router}")
            if len(rows) > 1:
                found.doubled.append(f"line {line.id} is {len(rows)} times on {router}")
    for router, account_id in held:
        found.invented.append(f"{router} holds account {account_id}, which it should not")
    accounted = {line.id for line in world.lines if line.account_id is not None}
    bought = _lines_of(world.purchases)
    found.lost += [f"line {id} has no access account" for id in sorted(bought - accounted)]


def _lines_of(purchases: Iterable[Purchase]) -> set[int]:
    return {
        purchase.subscription_id
        for purchase in purchases
        if purchase.subscription_id is not None and purchase.state in ("paid", "served")
    }


def _texts(world: World, found: Findings) -> None:
    """Every text reaches its phone; one that no carrier took is read on the next dial. A code or a password is there
    once, or once more for each unknown outcome."""
    told = {notice.reason: notice for notice in world.notices}
    for voucher in world.vouchers:
        notice = told.get(f"voucher:{voucher.id}")
        if notice is None:
            found.lost.append(f"voucher {voucher.id} was never texted")
        elif not (_was_seen(notice, world) or (voucher.id in world.reachable and notice.state in TAKEN)):
            found.lost.append(f"voucher {voucher.id}: its text is {notice.state}, and on no phone")
    for notice in world.notices:
        if notice.copies is not None and notice.copies > 1 + notice.unknowns:
            found.doubled.append(
                f"notice {notice.id} ({notice.template}) is {notice.copies} times on the phone"
            )
        kept = _was_seen(notice, world) or notice.state in TAKEN or notice.lapses
        if notice.template != "voucher" and not kept:
            found.lost.append(f"notice {notice.id} ({notice.template}) is {notice.state}, and nobody read it")


def _was_seen(notice: Notice, world: World) -> bool:
    return bool(notice.copies) or notice.id in world.read


def untold_lines(world: World) -> int:
    """Home lines that work, but whose user name and password the carrier has lost on the way: no screen shows them."""
    return sum(
        notice.template == "line_credentials" and notice.state in TAKEN and not _was_seen(notice, world)
        for notice in world.notices
    )


def lapsed_codes(world: World) -> int:
    """Codes that no carrier took in their ten minutes: the person asks for another one."""
    return sum(notice.lapses and notice.state not in TAKEN for notice in world.notices)


def repeated_texts(world: World) -> int:
    """Texts that came once more because nobody knew whether they had gone: allowed, and worth knowing."""
    return sum(max(0, (notice.copies or 1) - 1) for notice in world.notices)
