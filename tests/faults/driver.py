#!/usr/bin/python3
"""Hurts the whole suite at random while it works, and holds it against a model when it is quiet.

usage: driver.py [--long] [--seed N] [--plan]

Two replicas of each service run on a PostgreSQL and a Kafka of their own; every way between them,
to the servers and to Intercom leads through a link that can be cut, slowed and made deaf. 20,000
users and 2,000 accounts are told of in any order, again, and with clocks that are wrong; meanwhile
processes are killed and frozen, servers die and come back, Intercom answers wrong or not at all,
and records that nobody can read are planted. Then everything is mended, and when nothing is under way
any more, contacts, companies, data attributes, tags, the rules' counts and the dead letters have to
equal what two models work out from the input alone (model.py, tags_model.py); what is sent again
must cost no call.

The seed decides all that is sent and all that goes wrong: the same seed makes the same plan
(--plan prints it and does nothing). What the machine makes of it is its own: threads and processes
are not under the seed's rule.

Needs ACCOIL_TEST_BIN_DIR and ACCOIL_FAULTS_STATE (where the servers have their state: tests/run
faults makes it and stops what is left in it). Logs stay in ACCOIL_FAULTS_LOGS. Exit status 1 when
anything was not as it should be.
"""

import argparse
import os
import resource
import shutil
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "end-to-end"), str(HERE.parent / "monitoring")]

from faulty_suite import FaultySuite  # noqa: E402
from links import Links  # noqa: E402
from plan import LONG, SHORT, make_plan  # noqa: E402
from run import Run  # noqa: E402
from servers import Servers  # noqa: E402
from suite import Surroundings  # noqa: E402


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="a bigger run")
    parser.add_argument("--seed", type=int, default=1, help="what everything is drawn from")
    parser.add_argument("--plan", action="store_true", help="only print the plan")
    return parser.parse_args()


class Log:
    """What happens, with the seconds since the run began; on the screen and in a file."""

    def __init__(self, path):
        self._began = time.monotonic()
        self._file = open(path, "w", encoding="utf-8")

    def __call__(self, line):
        text = f"[{time.monotonic() - self._began:6.1f}] {line}"
        print(text, flush=True)
        print(text, file=self._file, flush=True)


def play(plan, folder):
    """Runs the plan; answers whether all was as it should be."""
    log = Log(folder / "run.log")
    for line in plan.lines():
        log(line)
    links = Links()
    links.open("kafka", lambda: [servers.kafka_services_address])
    servers = Servers(Path(os.environ["ACCOIL_FAULTS_STATE"]), links["kafka"].port)
    servers.start()
    log("PostgreSQL and Kafka run")
    suite = FaultySuite(
        Surroundings(Path(os.environ["ACCOIL_TEST_BIN_DIR"]).resolve(), servers.postgres_url,
                     servers.kafka_brokers), folder, links, servers)
    run = Run(plan, suite, servers, log)
    try:
        equal = run.play()
    finally:
        suite.close()
        links.close()
        log("processor seconds: " + ", ".join(
            f"{who} {sum(resource.getrusage(which)[:2]):.0f}" for who, which in (
                ("driver", resource.RUSAGE_SELF), ("services", resource.RUSAGE_CHILDREN))))
    for line in run.wrong[:50]:
        log(f"wrong: {line}")
    log(f"seed {plan.seed}: " + ("everything equals the models" if equal
                                 else f"{len(run.wrong)} things are wrong"))
    return equal


def main():
    arguments = read_arguments()

    plan = make_plan(arguments.seed, LONG if arguments.long else SHORT)
    if arguments.plan:
        print("\n".join(plan.lines()))
        return 0
    folder = Path(os.environ["ACCOIL_FAULTS_LOGS"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return 0 if play(plan, folder) else 1


if __name__ == "__main__":
    sys.exit(main())
