"""The account of talks: each message stored once, each purchase asked for once, by a button that was not old.

Plain values in, sentences out, as in audit.py.
"""

from collections import Counter

from drill.audit import Findings
from drill.facts import Heard, Talks


def examine_talks(talks: Talks) -> Findings:
    found = Findings()
    _purchases(talks, found)
    for channel, (least, most) in talks.sent.items():
        stored = talks.stored.get(channel, 0)
        if stored < least:
            found.lost.append(f"{channel}: {least} messages were sent, {stored} stored")
        if stored > most:
            found.doubled.append(f"{channel}: {most} messages were sent, {stored} stored")
    if talks.unheard:
        found.lost.append(f"{talks.unheard} messages were never heard")
    found.lost += [f"{who} wrote menu and was not shown it" for who in talks.stuck]
    return found


def _purchases(talks: Talks, found: Findings) -> None:
    by_message = Counter(heard.message_id for heard in talks.heard if heard.message_id)
    by_button = Counter(heard.data for heard in talks.heard if heard.data)
    by_session = Counter(heard.session for heard in talks.heard if not heard.message_id)
    found.doubled += [f"message {id} began {n} purchases" for id, n in by_message.items() if n > 1]
    found.doubled += [f"the button {data} began {n} purchases" for data, n in by_button.items() if n > 1]
    found.doubled += [f"the session {name} began {n} purchases" for name, n in by_session.items() if n > 1]
    found.invented += [sentence for heard in talks.heard if (sentence := _why_invented(heard, talks))]


def _why_invented(heard: Heard, talks: Talks) -> str:
    name = f"purchase {heard.purchase_id} ({heard.channel})"
    if heard.channel != "ussd" and not heard.message_id:
        return f"{name}: no message asked for it"
    if heard.data and heard.data not in talks.fresh:
        return f"{name}: begun by the old button {heard.data}"
    if heard.late:
        return f"{name}: begun by a message of more than ten minutes before"
    return ""
