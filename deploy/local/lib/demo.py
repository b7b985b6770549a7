"""The demo of the local set-up: seeds the simulated workspace, makes a product with its profiles,
sends its data and waits until all of it is in Intercom.

What was done is kept in a file of NAME=VALUE lines, so that each step is taken once; only that a
simulator was started anew, and so lost its workspace, makes seeding and connecting happen again.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True

from loading import Loader, size_of  # noqa: E402
from progress import Progress  # noqa: E402
from rest import Rest, RestError  # noqa: E402

# As big as fits a first look; the generator can make 1,000,000.
USERS, ACCOUNTS, SEED = 5000, 600, 1
# Nothing due and nothing more delivered for this long: everything has arrived.
QUIET_SECONDS = 4
LONGEST_SYNC_SECONDS = 900


def say(text):
    print(f"{'demo':<12} {text}", flush=True)


class State:
    """What was done, in a file that only its owner may read (it has the API key)."""

    def __init__(self, path):
        self._path = path
        self._values = {}
        if path.exists():
            for line in path.read_text().splitlines():
                name, _, value = line.partition("=")
                self._values[name] = value

    def get(self, name):
        return self._values.get("ACCOIL_DEMO_" + name)

    def set(self, **values):
        for name, value in values.items():
            self._values["ACCOIL_DEMO_" + name] = str(value)
        text = "".join(f"{name}={value}\n" for name, value in self._values.items())
        # Written beside and moved, so that it is whole at any time.
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.rename(self._path)

    def forget_product(self):
        """All but what was done to the simulator: a second seed would double its contacts."""
        seeded = self.get("SEEDED_SIMULATOR")
        self._values = {}
        if seeded:
            self.set(SEEDED_SIMULATOR=seeded)


class Demo:
    """The steps, each of which looks whether it is still to be taken."""

    def __init__(self, arguments, state):
        self._arguments = arguments
        self._state = state
        self._folder = arguments.folder
        self._operator = Rest(arguments.gateway, os.environ["ACCOIL_OPERATOR_KEY"])

    def run(self):
        self._forget_lost_product()
        done = [
            self._make_product(),
            self._seed_simulator(),
            self._put_profiles(),
            self._load(),
            self._connect(),
        ]
        if any(done) or self._state.get("SYNCED") != "yes":
            self._await_sync()
        # Its port may have changed since.
        self._state.set(URL=self._arguments.gateway)
        product = self._state.get("PRODUCT_ID")
        say(f"loaded: product {product}, {USERS:,} users in {ACCOUNTS} accounts")

    def _forget_lost_product(self):
        """The databases may be other ones than when the demo was loaded."""
        if not self._state.get("API_KEY"):
            return
        answer = self._gateway().send("GET", self._product_path())
        if answer.status in (401, 404):
            say("its product does not exist any more; loading it anew")
            self._state.forget_product()
        elif answer.status != 200:
            raise RestError(f"GET {self._product_path()} was answered with {answer.problem()}")

    def _make_product(self):
        if self._state.get("API_KEY"):
            return False
        say("making a product and an API key")
        product = self._operator.call("POST", "/v1/products", {"name": "Demo"})["product_id"]
        key = self._operator.call("POST", f"/v1/products/{product}/api-keys",
                                  {"label": "local demo", "scopes": ["ingest", "read", "admin"]})
        self._state.set(PRODUCT_ID=product, API_KEY=key["api_key"])
        return True

    def _seed_simulator(self):
        instance = self._arguments.simulator_instance
        if not instance or self._state.get("SEEDED_SIMULATOR") == instance:
            return False
        self._generate()
        again = self._state.get("SEEDED_SIMULATOR")
        say("seeding the simulated workspace" +
            (" again: the simulator was started anew and keeps nothing" if again else ""))
        self._state.set(CONNECTED="no", SYNCED="no")
        answer = Rest(self._arguments.intercom).send(
            "POST", "/_simulator/seed", (self._folder / "intercom.ndjson").read_bytes(),
            "application/x-ndjson")
        if answer.status >= 300:
            raise RestError(f"the simulator did not take its seed: {answer.problem()}")
        self._state.set(SEEDED_SIMULATOR=instance)
        return True

    def _put_profiles(self):
        if self._state.get("PROFILES") == "yes":
            return False
        self._generate()
        profiles = json.loads((self._folder / "profiles.json").read_text())
        say(f"defining {len(profiles)} profiles")
        gateway = self._gateway()
        for profile in profiles:
            gateway.call("PUT", f"{self._product_path()}/profiles/{profile['profile_id']}", profile)
        self._state.set(PROFILES="yes")
        return True

    def _load(self):
        if self._state.get("LOADED") == "yes":
            return False
        self._generate()
        say("sending its data to the gateway")
        with open(self._folder / "data.ndjson", "rb") as file, \
                Progress("demo", size_of(file), sys.stdout) as progress:
            loader = Loader(self._arguments.gateway, self._state.get("PRODUCT_ID"),
                            self._state.get("API_KEY"), 4, progress)
            loader.load(file)
        if loader.refused:
            raise RestError(f"the gateway refused {loader.refused} items of the demo")
        say(f"{loader.accepted:,} items accepted")
        self._state.set(LOADED="yes", SYNCED="no")
        return True

    def _connect(self):
        known = self._state.get("CONNECTED") == self._arguments.intercom
        if known and self._is_connected():
            return False
        say(("not connected any more; " if known else "") +
            f"connecting the product to Intercom at {self._arguments.intercom}")
        if self._arguments.simulator_instance:
            self._connect_by_oauth()
        else:
            self._gateway().call("PUT", self._connection_path(),
                                 {"access_token": os.environ["INTERCOM_TOKEN"]})
        self._state.set(CONNECTED=self._arguments.intercom, SYNCED="no")
        return True

    def _is_connected(self):
        answer = self._gateway().send("GET", self._connection_path())
        return answer.status == 200 and answer.json().get("state") == "connected"

    def _connect_by_oauth(self):
        """What a person does in the browser: allows the access on Intercom's page, and is led back
        to the gateway."""
        authorize_url = self._gateway().call("POST", self._connection_path(), {})["authorize_url"]
        intercom = Rest(self._arguments.intercom)
        [workspace, *_] = intercom.call("GET", "/_simulator/workspaces")
        form = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(authorize_url).query))
        form |= {"workspace": workspace["id_code"], "decision": "allow"}
        answer = intercom.send("POST", "/oauth", urllib.parse.urlencode(form).encode(),
                               "application/x-www-form-urlencoded")
        if answer.status != 302:
            raise RestError(f"the consent was answered with {answer.status}")
        # The gateway may have another name where browsers are.
        back = urllib.parse.urlsplit(answer.location)
        answer = Rest(self._arguments.gateway).send("GET", f"{back.path}?{back.query}")
        if answer.status != 200 or not self._is_connected():
            raise RestError(f"the gateway answered {answer.status} when Intercom led back to it")

    def _await_sync(self):
        """Until matcher and trait-sync have nothing due and nothing has moved for a while: records
        that are still in Kafka are due nowhere yet."""
        say("waiting until everything is in Intercom")
        gateway = self._gateway()
        started = moved = time.monotonic()
        last = None
        with Progress("demo", 0, sys.stdout) as progress:
            while True:
                sync = gateway.call("GET", self._product_path() + "/sync")
                matching = gateway.call("GET", self._product_path() + "/matching")
                now = time.monotonic()
                state = (sync["delivered"], sync["due"], matching["due"])
                if state != last:
                    last, moved = state, now
                progress.update(
                    0, f"{sync['delivered']:,} contacts and companies done, {sync['due']:,} due, "
                    f"{matching['due']:,} to match")
                quiet = now - moved >= QUIET_SECONDS
                if quiet and sync["due"] == matching["due"] == 0 and sync["delivered"] > 0:
                    break
                if now - started > LONGEST_SYNC_SECONDS:
                    raise RestError(f"after {LONGEST_SYNC_SECONDS} s {sync['due']} deliveries and "
                                    f"{matching['due']} matches were still due")
                time.sleep(0.5)
        self._state.set(SYNCED="yes")
        say(f"{sync['delivered']:,} contacts and companies carry their attributes; "
            f"{sync['set_aside']:,} values set aside")

    def _generate(self):
        """The files, unless they are there: the same arguments make the same bytes."""
        if self._folder.exists():
            return
        # Made beside and moved, so that the folder is whole if it is there.
        fresh = self._folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        subprocess.run([self._arguments.generator, "--seed", str(SEED), "--users", str(USERS),
                        "--accounts", str(ACCOUNTS), "--out", fresh],
                       check=True, stdout=subprocess.DEVNULL)
        fresh.rename(self._folder)

    def _gateway(self):
        return Rest(self._arguments.gateway, self._state.get("API_KEY"))

    def _connection_path(self):
        return f"{self._product_path()}/connections/intercom"

    def _product_path(self):
        return f"/v1/products/{self._state.get('PRODUCT_ID')}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--intercom", required=True)
    parser.add_argument("--simulator-instance", default="",
                        help="names the simulator's process; empty for another Intercom")
    parser.add_argument("--generator", required=True)
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("--state", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        Demo(arguments, State(arguments.state)).run()
    except (RestError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: the demo could not be loaded: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
