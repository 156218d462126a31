"""recount.py - jobs, leases, devices, time, joules and yen counted again from the journal's lines.

Written apart from the program on purpose: it shares no code with it, adds with Python's own integers,
and knows only what docs/events.md says. `recount` is given all events of a house in which nothing
runs any more, raises AssertionError where something does not add up, and gives the ended jobs.
"""
from collections import defaultdict
from fractions import Fraction

MS_PER_HOUR = 3600 * 1000


def check(condition, text):
    if not condition:
        raise AssertionError("recount: " + text)


def devices_of(text):
    """'0-1,3' as a set of numbers."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def half_away(value):
    """A Fraction as an integer, halves away from zero."""
    whole = abs(value.numerator) * 2 + value.denominator
    rounded = whole // (2 * value.denominator)
    return rounded if value >= 0 else -rounded


def count_lines(events):
    last_us = 0
    for seq, event in enumerate(events):
        check(event["seq"] == seq, f"line {seq} says it is {event['seq']}")
        check(event["time_us"] >= last_us, f"line {seq}: time goes back")
        last_us = event["time_us"]


def count_jobs(events):
    """Every job that was queued ended once, every attempt that was placed ended once."""
    queued, open_attempt, ended = {}, {}, {}
    for event in events:
        job = event.get("job")
        if event["kind"] == "job_queued":
            check(job not in queued, f"{job} is queued twice")
            queued[job] = event
        elif event["kind"] == "job_placed":
            check(job in queued and job not in ended, f"{job} is placed, but it has ended")
            check(job not in open_attempt, f"{job} is placed while an attempt runs")
            open_attempt[job] = event["attempt"]
        elif event["kind"] == "job_started":
            check(open_attempt.get(job) == event["attempt"], f"{job} starts without its attempt")
        elif event["kind"] == "job_ended":
            check(job in queued and job not in ended, f"{job} ends twice")
            if event["attempt"] and job in open_attempt:
                check(open_attempt.pop(job) == event["attempt"], f"{job}: another attempt ends")
            if not event["requeued"]:
                ended[job] = event
    check(not open_attempt, f"attempts without an end: {open_attempt}")
    check(set(queued) == set(ended), f"jobs without an end: {set(queued) - set(ended)}")
    return ended


def count_leases(events):
    """Leases with their end; no device has two at once."""
    leases, holder = {}, {}
    for event in events:
        lease = event.get("lease")
        if event["kind"] == "leased":
            devices = devices_of(event["devices"])
            for device in devices:
                place = (event["node"], device)
                check(place not in holder, f"{place} is leased to {holder.get(place)} and {lease}")
                holder[place] = lease
            leases[lease] = {"account": event["account"], "price": event["price"], "count": len(devices),
                             "node": event["node"], "devices": devices, "from_us": event["time_us"],
                             "ran_ms": 0, "energy_j": 0, "quantity": 0}
        elif event["kind"] == "metered":
            row = leases[lease]
            check("to_us" not in row, f"{lease} is metered after its end")
            row["ran_ms"] = max(row["ran_ms"], int(event["ran_ms"]))
            row["energy_j"] = max(row["energy_j"], int(event["energy_j"]))
        elif event["kind"] == "lease_ended":
            row = leases[lease]
            check("to_us" not in row, f"{lease} ends twice")
            row["to_us"] = event["time_us"]
            for device in row["devices"]:
                del holder[(row["node"], device)]
    check(not holder, f"leases without an end: {holder}")
    for lease, row in leases.items():
        row["held_ms"] = row["to_us"] // 1000 - row["from_us"] // 1000  # by the clock's milliseconds
        check(row["ran_ms"] <= row["held_ms"], f"{lease} ran longer than it was held")
    return leases


def count_books(events):
    """Balances by (commodity, role, owner); a transfer stays within its commodity."""
    books, balance = {}, defaultdict(int)
    for event in events:
        if event["kind"] == "book_opened":
            books[event["book"]] = (event["commodity"], event["role"], event["owner"])
        elif event["kind"] == "posted":
            for debit, credit, amount in event["transfers"]:
                check(int(amount) > 0 and debit != credit, f"line {event['seq']}: an empty transfer")
                check(books[debit][0] == books[credit][0], f"line {event['seq']}: two commodities")
                balance[books[debit]] += int(amount)
                balance[books[credit]] -= int(amount)
    return balance


def role_sum(balance, role, owner=None):
    return sum(value for (_, its, whose), value in balance.items()
               if its == role and (owner is None or whose == owner))


def count_rated(events, leases):
    """Rows of account, price and month: one rounding of all that was used under them."""
    prices, rows = {}, {}
    for event in events:
        if event["kind"] == "price_set":
            prices[event["price"]] = Fraction(int(event["value"]), 10 ** event["scale"] * MS_PER_HOUR)
        elif event["kind"] == "rated_opened":
            rows[event["rated"]] = {"account": event["account"], "price": event["price"], "amount": 0,
                                    "quantity": int(event["base_quantity"]),
                                    "base": int(event["base_posted"])}
        elif event["kind"] == "rated":
            row = rows[event["rated"]]
            row["amount"] += int(event["amount"])
            row["quantity"] += int(event["quantity"])
            lease = leases[event["lease"]]
            lease["quantity"] += int(event["quantity"])
            check(lease["account"] == row["account"], f"line {event['seq']}: another's account")
            check(lease["price"] == row["price"], f"line {event['seq']}: another price")
    for name, row in rows.items():
        due = half_away(prices[row["price"]] * row["quantity"]) - row["base"]
        check(row["amount"] == due, f"{name}: {row['amount']} posted, {due} due")
    return rows


def recount(events):
    count_lines(events)
    ended = count_jobs(events)
    leases = count_leases(events)
    rows = count_rated(events, leases)
    balance = count_books(events)
    for lease, row in leases.items():
        check(row["quantity"] == min(row["ran_ms"], row["held_ms"]) * row["count"],
              f"{lease}: {row['quantity']} device-ms rated, ran {row['ran_ms']} ms on {row['count']}")
    for account in {row["account"] for row in leases.values()}:
        number = int(account.rpartition("-")[2])
        own = [row for row in leases.values() if row["account"] == account]
        used = sum(row["quantity"] for row in own)
        held = sum(row["held_ms"] * row["count"] for row in own) - used
        money = sum(row["amount"] for row in rows.values() if row["account"] == account)
        joules = sum(row["energy_j"] for row in own)
        for role, want in (("used", used), ("held", held), ("energy_used", joules), ("unbilled", money)):
            is_now = role_sum(balance, role, number)
            check(is_now == want, f"{account}: {role} is {is_now}, want {want}")
    check(-role_sum(balance, "revenue") == sum(row["amount"] for row in rows.values()),
          "revenue is not what was rated")
    return ended
