"""load.py - clients that send commands while the server is killed under them, and what they know.

Each command has an Idempotency-Key. What became of it is one of three: it was acknowledged (and may
be sent again for the same answer), refused (then its key is free), or in doubt because the
connection broke: then it is sent again after the next start. `Load.settle` ends all doubt, and
`Load.check` holds what the clients know against the journal: each acknowledged command is there
exactly once, each refused one is not, and each job ran once and ended as it would have alone.
"""
import collections
import glob
import hashlib
import http.client
import os
import random
import threading
import time

from house import check, until

ACCOUNTS = 3
QUEUE = 24  # jobs that may wait; more would only make the end slow


class Command:
    def __init__(self, key, method, path, body, about):
        self.key, self.method, self.path, self.body = key, method, path, body
        self.about = about  # what it is, and which job
        self.status, self.id = None, None

    def digest(self):
        """As the journal's `request`: the account of the key (the house, 1) and the key itself."""
        return hashlib.sha256((1).to_bytes(8, "little") + self.key.encode()).hexdigest()[:32]


def subject(reply):
    return reply.get("id") if isinstance(reply, dict) else None


class Load:
    def __init__(self, house, seed, clients=4):
        self.house, self.seed, self.clients = house, seed, clients
        self.lock = threading.Lock()
        self.acknowledged, self.refused, self.doubt = [], [], []
        self.jobs = {}  # id: (script, exit code, whether somebody asked to stop it)
        self.stopped = set()
        self.numbers = 0
        self.faults, self.counts = [], collections.Counter()
        self.ran = house.work + "/ran"
        self.ended = threading.Event()
        self.threads = []

    # --- commands ---

    def new_key(self):
        with self.lock:
            self.numbers += 1
            return f"load-{self.seed}-{self.numbers}"

    def make_submit(self, random):
        number, code = self.new_key(), random.randrange(64)
        script, kind = random.choices([
            ('exit "$3"', "quick"),
            ('sleep 0.2; exit "$3"', "slow"),
            ('while :; do echo line; sleep 0.1; done', "endless"),
        ], (6, 3, 1))[0]
        script = ('echo "$1"; ' if self.house.engine == "container" else 'echo "$1" >>"$2"; echo "$1"; ') + script
        body = {"devices": 1, "memory_mib": 16, "name": number, "env": {"E2E_FOLDER": self.house.work},
                "argv": ["sh", "-c", script, "job", number, self.ran, str(code)]}
        if random.random() < 0.5:
            body["account"] = f"load{random.randrange(ACCOUNTS)}"
        return Command(number, "POST", "/api/v1/jobs", body, ("submit", kind, code))

    def make_stop(self, random):
        with self.lock:
            jobs = list(self.jobs)
            endless = [id for id in jobs if self.jobs[id][0] == "endless" and id not in self.stopped]
        if not jobs or not endless and random.random() < 0.7:
            return self.make_limit(random)
        id = random.choice(endless if endless and random.random() < 0.9 else jobs[-40:])
        return Command(self.new_key(), "POST", f"/api/v1/jobs/{id}/stop",
                       {"grace_ms": random.choice((0, 50))}, ("stop", id, None))

    def make_limit(self, random):
        return Command(self.new_key(), "POST", f"/api/v1/accounts/load{random.randrange(ACCOUNTS)}/limits",
                       {"devices": random.randrange(1, 4), "month": str(random.randrange(10**9, 10**10))},
                       ("limit", None, None))

    def make_refused(self, random):
        return Command(self.new_key(), "POST", "/api/v1/jobs", {"devices": 1000, "argv": ["true"]},
                       ("refused", None, None))

    def make_price(self, random):
        return Command(self.new_key(), "POST", "/api/v1/prices",
                       {"chip": "cpu-core", "per_device_hour": str(random.randrange(10**5, 10**7)),
                        "currency": "JPY"}, ("price", None, None))

    def send(self, command, connection):
        """Sends it and keeps what became of it; OSError or HTTPException when nobody knows."""
        if command.about[0] == "stop":
            with self.lock:
                self.stopped.add(command.about[1])
        status, reply = self.house.ask(command.method, command.path, command.body, key=command.key,
                                       connection=connection)
        if status in (200, 201):
            self.keep(command, status, subject(reply))
        elif status == 503:
            raise OSError("unavailable")
        elif 400 <= status < 500:
            with self.lock:
                self.refused.append(command)
        else:
            self.faults.append(f"{command.path}: {status} {reply}")

    def keep(self, command, status, id):
        with self.lock:
            command.status, command.id = status, id
            self.acknowledged.append(command)
            self.counts[command.about[0]] += 1
            if command.about[0] == "submit":
                self.jobs[id] = command.about[1:]

    def repeat(self, random, connection):
        """A command that was acknowledged gives the same answer again."""
        with self.lock:
            if not self.acknowledged:
                return
            command = random.choice(self.acknowledged[-200:])
        status, reply = self.house.ask(command.method, command.path, command.body, key=command.key,
                                       connection=connection)
        self.counts["repeat"] += status != 503
        if status != 503 and (status, subject(reply)) != (command.status, command.id):
            self.faults.append(f"{command.key} {command.path} gave {command.status} {command.id}, "
                               f"then {status} {reply}")

    def queue_is_long(self, connection):
        status, reply = self.house.ask("GET", f"/api/v1/jobs?state=queued&limit={QUEUE}",
                                       connection=connection)
        return status != 200 or len(reply["items"]) >= QUEUE

    # --- clients ---

    def client(self, number):
        chance = random.Random(f"{self.seed}.{self.house.starts}.{number}")
        connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=20)
        while not self.ended.is_set():
            make = chance.choices((self.make_submit, self.make_stop, self.make_limit, self.make_price,
                                   self.make_refused, None), (10, 2, 3, 1, 1, 3))[0]
            command = None
            try:
                if make == self.make_submit and self.queue_is_long(connection):
                    make = None
                if make is None:
                    self.repeat(chance, connection)
                    continue
                with self.lock:
                    command = self.doubt.pop() if self.doubt else None
                command = command or make(chance)
                self.send(command, connection)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    if command:
                        self.doubt.append(command)
                        self.counts["in doubt"] += 1
                break
        connection.close()

    def begin(self):
        self.ended.clear()
        self.threads = [threading.Thread(target=self.client, args=(number,)) for number in range(self.clients)]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        check(not self.faults, "; ".join(self.faults[:3]))

    # --- the end ---

    def settle(self, seconds=60):
        """Sends again what is in doubt, stops what would run for ever, waits for all to be done."""
        while self.doubt:
            self.send(self.doubt.pop(), None)
        for id in [id for id, (kind, _) in self.jobs.items() if kind == "endless"]:
            self.stopped.add(id)
            status, reply = self.house.ask("POST", f"/api/v1/jobs/{id}/stop", {"grace_ms": 0})
            check(status in (200, 409), f"stopping {id}: {status} {reply}")
        for state in ("queued", "starting", "running", "stopping"):
            until(seconds, lambda: not self.house.good("GET", f"/api/v1/jobs?state={state}&limit=1")["items"],
                  f"no job is {state}")

    def check(self, events, ended, lost_allowed=()):
        self.check_commands(events)
        self.check_ends(ended, lost_allowed)
        self.check_ran(ended)

    def check_commands(self, events):
        by_request = collections.defaultdict(list)
        for event in events:
            if "request" in event:
                by_request[event["request"]].append(event)
        first = {"submit": "job", "price": "price"}
        for command in self.acknowledged:
            found = by_request.pop(command.digest(), [])
            check(len(found) == 1, f"{command.key} {command.path} stands {len(found)} times in the journal")
            member = first.get(command.about[0])
            check(member is None or found[0][member] == command.id,
                  f"{command.key}: the journal says {found[0]}, the answer was {command.id}")
        known = {command.digest() for command in self.refused}
        check(not known & set(by_request), "a refused command stands in the journal")

    def check_ends(self, ended, lost_allowed):
        check(set(ended) >= set(self.jobs), f"jobs without an end: {set(self.jobs) - set(ended)}")
        for id, (kind, code) in self.jobs.items():
            end = ended[id]
            if end["reason"] == "lost":
                check(id in lost_allowed, f"{id} is lost, though nobody killed its keeper")
            elif end["reason"] == "exited":
                check(end["code"] == code, f"{id} exited with {end['code']}, want {code}")
            else:
                check(id in self.stopped and end["reason"] in ("stopped", "signalled"), f"{id}: {end}")
            self.counts[end["reason"]] += 1

    def check_ran(self, ended):
        """Nothing was done twice: each job says its name once, on its output and in a common file."""
        ran, keys = collections.Counter(), {}
        if os.path.exists(self.ran):
            with open(self.ran) as file:
                ran.update(file.read().split())
        for command in self.acknowledged:
            if command.about[0] == "submit":
                keys[command.id] = command.key
        for id, key in keys.items():
            said = 0
            for name in glob.glob(f"{self.house.data}/jobs/{id}/attempt-*/out"):
                with open(name) as file:
                    said += file.read().splitlines().count(key)
            want = (1,) if ended[id]["reason"] == "exited" else (0, 1)
            check(said in want, f"{id} has said its name {said} times and ended so: {ended[id]}")
            # A stop may come between the two.
            more = (0,) if ended[id]["reason"] == "exited" else (0, 1)
            check(self.house.engine == "container" or ran[key] - said in more, f"{id} ran {ran[key]} times")
