#!/usr/bin/python3
"""Compares an Intercom workspace with what it should hold, by an independent model.

usage: check_state.py SIMULATOR_URL DIR

DIR has profiles.json and data.ndjson: the profiles and the batch items that were sent. Prints the
first differences; exit status 1 when there are any.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import model
from clients import Simulator

SHOWN = 20


@dataclass
class Comparison:
    """What was found, and how much was looked at."""

    wanted: model.Wanted
    differences: list
    contacts: int
    companies: int


def compare(simulator, facts, profiles):
    """Holds a simulator's workspace against the model."""
    things = list(simulator.state())
    contacts = [thing for thing in things if thing["type"] == "contact"]
    companies = [thing for thing in things if thing["type"] == "company"]
    wanted = model.wanted_state(facts, profiles, [contact_of(thing) for thing in contacts],
                                [company_of(thing) for thing in companies])
    differences = [
        line
        for kind, should, has in (("contact", wanted.contacts, contacts),
                                  ("company", wanted.companies, companies))
        for line in model.differences(kind, should,
                                      {thing["id"]: thing["custom_attributes"] for thing in has})
    ]
    return Comparison(wanted, differences, len(contacts), len(companies))


def contact_of(thing):
    """A contact of the simulator's state as the model has it."""
    return model.Contact(
        id=thing["id"],
        role=thing["role"],
        email=thing.get("email") or "",
        external_id=thing.get("external_id") or "",
        last_seen_at=thing.get("last_seen_at"),
        companies=thing["companies"],
    )


def company_of(thing):
    """A company of the simulator's state as the model has it."""
    return model.Company(id=thing["id"], company_id=thing["company_id"],
                         name=thing.get("name") or "")


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    url, folder = arguments[0], Path(arguments[1])
    with open(folder / "profiles.json", encoding="utf-8") as file:
        profiles = json.load(file)
    found = compare(Simulator(url), model.read_facts(folder / "data.ndjson"), profiles)
    for line in found.differences[:SHOWN]:
        print(line)
    if len(found.differences) > SHOWN:
        print(f"… and {len(found.differences) - SHOWN} more")
    print(f"{found.contacts} contacts, {len(found.wanted.contacts)} of them matched; "
          f"{found.companies} companies, {len(found.wanted.companies)} of them matched; "
          f"{len(found.differences)} differences")
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
