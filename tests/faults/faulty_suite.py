"""The suite with every way between its parts leading through a link that can be hurt."""

import urllib.parse

from clients import Gateway
from suite import SCHEMAS, SERVICES, WORKSPACE, Suite

# What a service may be cut off from: a link each.
LINKS = ("kafka", "intercom", *(f"postgres of {service}" for service in SCHEMAS), *SERVICES)

# Sooner than in earnest, so that what a dead or frozen process held is taken over within the run.
SETTINGS = {
    "ACCOIL_CONSUMER_SESSION_TIMEOUT": "6s",
    "ACCOIL_POSTGRES_STATEMENT_TIMEOUT": "10s",
    "ACCOIL_LOG_LEVEL": "info",
}
SETTINGS_OF = {
    "connections": {"ACCOIL_BUDGET_CALL_TIMEOUT": "4s", "ACCOIL_INTERCOM_TIMEOUT": "3s"},
    "matcher": {"ACCOIL_INTERCOM_TIMEOUT": "3s", "ACCOIL_MATCH_CLAIM": "15s",
                "ACCOIL_MATCH_FRESH": "1s", "ACCOIL_MATCH_RETRY_LONGEST": "3s",
                "ACCOIL_MATCH_COMPANY_AGE": "1min", "ACCOIL_MATCH_CONFIRMATIONS": "50000"},
    "trait-sync": {"ACCOIL_DELIVERY_CLAIM": "10s", "ACCOIL_TRAIT_WINDOW": "1s"},
    # A filter's other fact may come long after the entry when Kafka was away between them.
    "tagging-automation": {"ACCOIL_TAG_CLAIM": "10s", "ACCOIL_FILTER_PATIENCE": "30min"},
}


def address(text):
    """(host, port) of "host:port"."""
    host, _, port = text.rpartition(":")
    return host, int(port)


class FaultySuite(Suite):
    """Two replicas of each service; everybody reaches whom they need through `links` alone."""

    def __init__(self, surroundings, folder, links, servers):
        self.links = links
        self._servers = servers
        super().__init__(surroundings, folder, "faults")

    def _find_addresses(self):
        addresses = super()._find_addresses()
        for service in SERVICES:
            replicas = [address(addresses[service, number]["main"]) for number in (0, 1)]
            self.links.open(service, lambda replicas=replicas: replicas)
        for service in SCHEMAS:
            self.links.open(f"postgres of {service}", lambda: [self._servers.postgres_address])
        self.links.open("intercom",
                        lambda: [address(urllib.parse.urlsplit(self.intercom_url).netloc)])
        return addresses

    def set_up_product(self, profiles):
        """Makes the product; keeps its key."""
        self.product = self.operator.create_product("Faults")
        made = self.operator.create_api_key(self.product, ["ingest", "read", "admin"])
        self.gateway_key = made["api_key"]
        self.gateway = Gateway(self.gateway_address, self.gateway_key)
        for profile in profiles:
            self.put_profile(profile)

    def seed(self, objects):
        """Who is in Intercom."""
        self.simulator.seed_objects(WORKSPACE, objects)

    def switched(self, profile):
        """A profile is another from now on."""
        self.profiles = [one for one in self.profiles
                         if one["profile_id"] != profile["profile_id"]] + [profile]

    def query(self, service, statement):
        """Rows of a service's schema, past the links."""
        return self._database.query(service, statement)

    def dialled(self, service):
        return f"127.0.0.1:{self.links[service].port}"

    def _other_settings(self, service):
        settings = SETTINGS | SETTINGS_OF.get(service, {})
        settings["ACCOIL_KAFKA_BROKERS"] = f"127.0.0.1:{self.links['kafka'].port}"
        if service in SCHEMAS:
            url = urllib.parse.urlsplit(self._database.url(service))
            port = self.links[f"postgres of {service}"].port
            settings["ACCOIL_POSTGRES_URL"] = url._replace(
                netloc=url.netloc.rpartition(":")[0] + f":{port}").geturl()
        if service == "connections":
            settings["ACCOIL_INTERCOM_BASE_URL"] = (
                f"http://127.0.0.1:{self.links['intercom'].port}")
        return settings
