#!/usr/bin/env python3
"""kill_load: kill -9 the server under load, again and again, and recount everything.

    kill_load.py TATARA DATA KILLS SEED

Clients submit jobs, open accounts and set limits, each command under an Idempotency-Key of its own.
The server is killed at a random moment and started again; a command whose answer never came is sent
again under its key. At the end: every command was done exactly once, every acknowledged answer is
given again as it was, every job ended once with its own code, and the device time and the yen are
those of an independent recount of the journal.
"""
import atexit
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time

CLIENTS = 4
JOBS_MAX = 400  # in all: each is a keeper and a process
PRICE = "3600000"  # yen a device-hour: one yen a millisecond, so nothing is rounded


class House:
    """The server process, and requests to it."""

    def __init__(self, tatara, data, port):
        self.tatara, self.data, self.port, self.process, self.key = tatara, data, port, None, None

    def start(self):
        self.process = subprocess.Popen(
            [self.tatara, "up", "--data", self.data, "--engine", "process", "--listen",
             f"127.0.0.1:{self.port}"],
            stdout=subprocess.PIPE, stderr=open(self.data + "/../up.err", "ab"), text=True)
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
        else:
            sys.exit(f"the server does not start: {self.process.wait()}")
        with open(self.data + "/address", encoding="ascii") as address:
            self.port = int(address.read().strip().rsplit(":", 1)[1])
        with open(self.data + "/admin.key", encoding="ascii") as key:
            self.key = key.read().strip()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def end(self):
        """However this program ends, the server does not outlive it."""
        if self.process and self.process.poll() is None:
            self.kill()

    def stop(self):
        self.process.send_signal(2)
        if self.process.wait() != 0:
            sys.exit(f"the server ended with {self.process.returncode}")
        self.process.stdout.close()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(self, connection, method, path, body=None, key=None):
        """(status, JSON); raises OSError or HTTPException when the connection breaks."""
        headers = {"Authorization": "Bearer " + self.key}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        connection.request(method, path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


class Load:
    """Commands: what was asked, what was answered, what is still unknown."""

    def __init__(self, house, seed):
        self.house, self.random, self.lock = house, random.Random(seed), threading.Lock()
        self.done, self.unknown, self.number, self.jobs = {}, [], 0, 0
        self.stopping = threading.Event()
        self.fault = None

    def next_command(self):
        with self.lock:
            if self.unknown:
                return self.unknown.pop()
            if self.done and self.random.random() < 0.1:  # an old one again
                key = self.random.choice(list(self.done))
                return (key, *self.done[key][:2])
            self.number += 1
            kind = self.random.randrange(8)
            if kind == 0:
                return (f"k-{self.number}", "/api/v1/accounts",
                        {"slug": f"a-{self.number}", "name": "x"})
            if kind <= 3 and self.jobs < JOBS_MAX:
                self.jobs += 1
                code = self.random.randrange(4)
                return (f"k-{self.number}", "/api/v1/jobs",
                        {"account": "acme", "devices": 1, "memory_mib": 16, "name": f"c{code}",
                         "argv": ["sh", "-c", f"exit {code}"]})
            return (f"k-{self.number}", "/api/v1/accounts/acme/limits",
                    {"devices": 10 + self.number % 7})

    def settle(self, command, answer):
        key, path, body = command
        status, thing = answer
        with self.lock:
            if status in (429, 503):
                self.unknown.append(command)
                return
            if status not in (200, 201):
                self.fault = f"{path} {body} under {key}: {status} {thing}"
                return
            before = self.done.setdefault(key, (path, body, thing["id"]))
            if before[2] != thing["id"]:
                self.fault = f"{key} made {before[2]}, then {thing['id']}"

    def work(self):
        connection = None
        while not self.stopping.is_set() and not self.fault:
            command = self.next_command()
            try:
                connection = connection or self.house.connect()
                self.settle(command, self.house.ask(connection, "POST", command[1], command[2],
                                                    command[0]))
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                with self.lock:
                    self.unknown.append(command)
                connection = None
                time.sleep(0.01)  # nobody is there: the next attempt may find it

    def round(self, seconds):
        """Work until the kill; a negative time is work until nothing is unknown."""
        self.stopping.clear()
        threads = [threading.Thread(target=self.work) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(abs(seconds))
        if seconds > 0:
            self.house.kill()
        self.stopping.set()
        for thread in threads:
            thread.join()
        if self.fault:
            sys.exit(self.fault)


def items(house, connection, path):
    after = ""
    while after is not None:
        _, page = house.ask(connection, "GET", f"{path}{'&' if '?' in path else '?'}limit=1000"
                            + (f"&after={after}" if after != "" else ""))
        yield from page["items"]
        after = page["next"]


def wait_for_jobs(house, connection):
    deadline = time.monotonic() + 120
    while True:
        open_jobs = [job for job in items(house, connection, "/api/v1/jobs")
                     if job["state"] != "done"]
        if not open_jobs:
            return
        if time.monotonic() > deadline:
            sys.exit(f"{len(open_jobs)} jobs do not end: {open_jobs[0]}")
        time.sleep(0.1)


def check_jobs(load, jobs):
    asked = {answer[2]: answer[1] for answer in load.done.values() if answer[0] == "/api/v1/jobs"}
    there = {job["id"]: job for job in jobs}
    if set(asked) != set(there):
        sys.exit(f"asked for {len(asked)} jobs, there are {len(there)}; differing: "
                 f"{sorted(set(asked) ^ set(there))[:5]}")
    for job in jobs:
        if (job["reason"], f"c{job['code']}") != ("exited", job["name"]):
            sys.exit(f"a job that ended wrongly: {job}")


def recount(events):
    """(jobs that ended, device-ms used, device-ms leased), from leases and readings alone.

    A lease's use is the highest reading of its run, never more than the lease lasted; each job here
    has one device.
    """
    leases, ends, reading, used, leased = {}, set(), {}, 0, 0
    for event in events:
        kind, lease = event["kind"], event.get("lease")
        if kind == "leased":
            leases[lease] = event["time_us"] // 1000
        elif kind == "metered":
            reading[lease] = max(reading.get(lease, 0), int(event["ran_ms"]))
        elif kind == "lease_ended":
            lasted = event["time_us"] // 1000 - leases.pop(lease)
            used += min(reading.get(lease, 0), lasted)
            leased += lasted
        elif kind == "job_ended":
            if event["job"] in ends:
                sys.exit(f"{event['job']} ended twice")
            ends.add(event["job"])
    if leases:
        sys.exit(f"leases without an end: {sorted(leases)[:5]}")
    return ends, used, leased


def check_money(house, connection, jobs):
    ends, used, leased = recount(items(house, connection, "/api/v1/journal"))
    if ends != {job["id"] for job in jobs}:
        sys.exit("ends in the journal are not those of the jobs")
    _, balance = house.ask(connection, "GET", "/api/v1/accounts/acme/balance")
    books = {(book["role"], book["commodity"].split(":")[0]): int(book["balance"])
             for book in balance["books"]}
    of_jobs = sum(int(job["device_ms"]) for job in jobs)
    yen = int(balance["month"]["spent"]["amount"])
    of_books = books[("used", "device_ms")]
    if not used == of_jobs == of_books == yen:
        sys.exit(f"device-ms: recount {used}, jobs {of_jobs}, books {of_books}, bill ¥{yen}")
    if leased - used != books[("held", "device_ms")]:
        sys.exit(f"held: recount {leased - used}, books {books[('held', 'device_ms')]}")
    return yen


def main():
    tatara, data, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    os.makedirs(data, mode=0o700, exist_ok=True)
    house = House(tatara, data, 0)
    atexit.register(house.end)
    house.start()
    connection = house.connect()
    for path, body in (("/api/v1/accounts", {"slug": "acme", "name": "Acme"}),
                       ("/api/v1/prices", {"chip": next(items(house, connection, "/api/v1/chips"))
                                           ["name"], "per_device_hour": PRICE, "currency": "JPY",
                                           "class": "on_demand", "tax_permille": 100})):
        status, answer = house.ask(connection, "POST", path, body, "setup" + path)
        if status != 201:
            sys.exit(f"{path}: {status} {answer}")
    load = Load(house, seed)
    for number in range(kills):
        load.round(0.02 + load.random.random() * 0.2)
        house.start()
        if number % 10 == 9:
            print(f"{number + 1} kills, {len(load.done)} commands acknowledged", flush=True)
    while load.unknown:
        load.round(-0.2)
    connection = house.connect()
    wait_for_jobs(house, connection)
    jobs = list(items(house, connection, "/api/v1/jobs"))
    check_jobs(load, jobs)
    slugs = [account["slug"] for account in items(house, connection, "/api/v1/accounts")]
    wanted = {answer[1]["slug"] for answer in load.done.values() if "slug" in answer[1]}
    if sorted(slugs) != sorted(wanted | {"house", "acme"}):
        sys.exit("accounts were lost, or opened twice")
    yen = check_money(house, connection, jobs)
    connection.close()
    house.stop()
    print(f"{kills} kills: {len(load.done)} commands, {len(jobs)} jobs, ¥{yen}, each once")


main()
