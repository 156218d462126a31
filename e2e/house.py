"""house.py - what the tests of bad luck begin with: a folder, a server, a client, process counts.

    with House() as house:
        house.start()
        status, job = house.ask("POST", "/api/v1/jobs", {"devices": 1, "argv": ["true"]})

As lib.sh, for tests that need threads, sockets or sums. Nothing sleeps and hopes: `until` waits for
a condition and has a limit. Every process is ended by its pid; what the sanitizers say fails the
test; a process of a job that is left over fails it too.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

TATARA = os.environ["TATARA"]
COMPLAINTS = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|must failed")


def skip(why):
    print(why)
    sys.exit(77)


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def until(seconds, condition, text):
    """The first value of condition() that is true."""
    limit = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < limit, f"after {seconds} s still not: {text}")
        time.sleep(0.02)


def sanitized():
    with open(TATARA, "rb") as file:
        return b"__asan_init" in file.read()


def has_runc():
    """Jobs can run in containers here: the server has tried one."""
    tool = os.path.join(os.path.dirname(os.path.abspath(__file__)), "needs-containers")
    return subprocess.run([tool], stdout=subprocess.DEVNULL).returncode == 0


def processes_with(text):
    """Living processes whose command line or environment has a text, as {pid: command line}."""
    found, wanted = {}, text.encode()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                line = file.read()
            with open(f"/proc/{name}/environ", "rb") as file:
                environment = file.read()
        except OSError:
            continue  # it has ended, or is another user's
        if wanted in line or wanted in environment:
            found[int(name)] = line.replace(b"\0", b" ").decode(errors="replace")
    return found


class House:
    def __init__(self, engine="process", parent=None):
        self.work = tempfile.mkdtemp(prefix="tatara-e2e-", dir=parent or os.environ.get("TMPDIR", "/tmp"))
        self.data = os.path.join(self.work, "data")
        self.engine = engine
        self.server = None
        self.port = None
        self.starts = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if self.server and self.server.poll() is None:
                self.server.kill()
                self.server.wait()
            left = self.end_leftovers()
            said = self.errors()
            if kind is not None:
                print("--- the end of the servers' stderr\n" + said[-1500:])
            for found in COMPLAINTS.finditer(said):
                raise AssertionError("the server says:\n" + said[found.start():found.start() + 4000])
            check(kind is not None or not left, f"processes are left over: {left}")
        finally:
            shutil.rmtree(self.work, ignore_errors=True)
        return False

    def running_children(self):
        """Processes of this house besides the server."""
        return {pid: line for pid, line in processes_with(self.work).items()
                if not self.server or pid != self.server.pid}

    def end_leftovers(self):
        left = processes_with(self.work)
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return left

    def errors(self):
        try:
            with open(os.path.join(self.work, "up.err"), errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # --- the server ---

    def launch(self, *options, before=(), environment=None, binary=TATARA):
        """Starts a server and does not wait. `before` is a program it is run under."""
        listen = [] if "--listen" in options else ["--listen", "127.0.0.1:0"]
        with open(os.path.join(self.work, "up.err"), "ab") as err:
            self.server = subprocess.Popen(
                [*before, binary, "up", "--data", self.data, *listen, "--engine", self.engine, *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err,
                env={**os.environ, **(environment or {})})
        self.starts += 1
        self.out = b""

    def wait_ready(self, seconds=60):
        """True when it says ready, False when it ends before that."""
        limit = time.monotonic() + seconds
        file = self.server.stdout.fileno()
        os.set_blocking(file, False)
        while b"\nready\n" not in self.out:
            try:
                piece = os.read(file, 65536)
            except BlockingIOError:
                check(time.monotonic() < limit, "the server does not become ready")
                time.sleep(0.003)
                continue
            if not piece:
                self.server.wait()
                return False
            self.out += piece
        self.port = int(re.search(rb"address\s+\S+:(\d+)\n", self.out).group(1))
        return True

    def start(self, *options, **how):
        self.launch(*options, **how)
        check(self.wait_ready(), f"the server ended with {self.server.returncode}: {self.errors()[-2000:]}")

    def refuses_to_start(self, *options, seconds=60, **how):
        """Starts a server that must end by itself with an error; gives its last lines."""
        before = len(self.errors())
        self.launch(*options, **how)
        try:
            ready = self.wait_ready(seconds)
        finally:
            if self.server.poll() is None:
                self.server.kill()
                self.server.wait()
        self.server.stdout.close()
        check(not ready, "the server starts, though it must not")
        check(self.server.returncode > 0, f"the server ended with {self.server.returncode}")
        said = self.errors()[before:]
        check("error: " in said, f"no error is said: {said}")
        self.server = None
        return said

    def kill(self):
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()
        self.server = None

    def stop(self, seconds=30):
        """Ctrl-C; it must end cleanly."""
        self.server.send_signal(signal.SIGINT)
        code = self.server.wait(timeout=seconds)
        self.server.stdout.close()
        self.server = None
        check(code == 0, f"the server ended with {code} on Ctrl-C")

    def key(self):
        with open(os.path.join(self.data, "admin.key")) as file:
            return file.read().strip()

    def ask(self, method, path, body=None, key=None, connection=None, timeout=20):
        """Status and JSON (or bytes) of one request."""
        own = connection is None
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {"Authorization": "Bearer " + self.key()}
        if key:
            headers["Idempotency-Key"] = key
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            content = reply.read()
        finally:
            if own:
                connection.close()
        is_json = (reply.getheader("Content-Type") or "").startswith("application/json")
        return reply.status, json.loads(content) if is_json else content

    def good(self, method, path, body=None, **how):
        status, value = self.ask(method, path, body, **how)
        check(status in (200, 201), f"{method} {path}: {status} {value}")
        return value

    def submit(self, *argv, **more):
        return self.good("POST", "/api/v1/jobs",
                         {"devices": 1, "memory_mib": 64, "argv": list(argv),
                          "env": {"E2E_FOLDER": self.work}, **more})["id"]

    def job(self, id):
        return self.good("GET", f"/api/v1/jobs/{id}")

    def wait_done(self, id, seconds=30):
        return until(seconds, lambda: (lambda job: job if job["state"] == "done" else None)(self.job(id)),
                     f"{id} is done")

    def wait_running(self, id, seconds=30):
        return until(seconds, lambda: (lambda job: job if job["state"] == "running" else None)(self.job(id)),
                     f"{id} runs")

    def run(self, *arguments, **how):
        """tatara ARGUMENTS on this data directory."""
        return subprocess.run([TATARA, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, env={**os.environ, "TATARA_DATA": self.data, **how})

    def verify(self):
        done = self.run("journal", "verify", "--json")
        check(done.returncode == 0, f"journal verify: {done.stderr}")
        return json.loads(done.stdout)

    def events(self):
        done = self.run("journal", "export")
        check(done.returncode == 0, f"journal export: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
