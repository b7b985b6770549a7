"""A product of its own with a workspace of its own: small, so that it is quick."""

import json
import urllib.parse

from browser import Browser
from clients import Gateway, Intercom

PREFIX = "Accoil_"
TRIAL = {
    "profile_id": "trial", "name": "Trial Users", "summary": True, "sync_mode": "all_traits",
    "catalogue": [
        {"name": "Score", "type": "integer", "on": ["user", "account"],
         "definition": "How engaged."},
        {"name": "Frequency", "type": "integer", "on": ["user"], "definition": "Active days."},
    ],
}


class Tenant:
    """A customer: `users` people in `accounts` companies, the same in the product and in Intercom,
    with a score, a frequency and a segment each."""

    def __init__(self, suite, name, users=12, accounts=3):
        self.name = name
        self.workspace = f"ws-{name}"
        self.token = f"pasted-token-of-{name}"
        self._suite = suite
        suite.simulator.add_workspace(self.workspace, f"Workspace of {name}", [self.token])
        self.intercom = Intercom(suite.intercom_url, self.token)
        self.product = suite.operator.create_product(name)
        made = suite.operator.create_api_key(self.product, ["ingest", "read", "admin"])
        self.key, self.key_id = made["api_key"], made["api_key_id"]
        self.gateway = Gateway(suite.gateway_address, self.key)
        self.users = [f"{name}-user-{number}" for number in range(users)]
        self.accounts = [f"{name}-account-{number}" for number in range(accounts)]
        self._seed()
        self.put_profile(TRIAL)
        self.send(self._people())

    def email(self, user):
        return f"{user}@{self.name}.example"

    def _seed(self):
        """Everybody is in Intercom already."""
        self._suite.simulator.seed_objects(self.workspace, [
            {"type": "company", "company_id": account, "name": account}
            for account in self.accounts
        ] + [
            {"type": "contact", "role": "user", "email": self.email(user),
             "companies": [self.accounts[number % len(self.accounts)]]}
            for number, user in enumerate(self.users)
        ])

    def _people(self):
        version = self._suite.version
        for number, account in enumerate(self.accounts):
            yield {"type": "account", "account_id": account, "name": account, "version": version()}
            yield self.trait("Score", 10 + number, account_id=account)
        for number, user in enumerate(self.users):
            yield {"type": "user", "user_id": user, "email": self.email(user), "name": user,
                   "account_ids": [self.accounts[number % len(self.accounts)]],
                   "version": version()}
            yield self.trait("Score", number, user_id=user)
            yield self.trait("Frequency", number % 7, user_id=user)
            yield self.segment("Everybody", user)

    def trait(self, trait, value, **subject):
        return self._suite.trait(trait, value, profile="trial", **subject)

    def segment(self, segment, user):
        return {"type": "segment-entered", "profile_id": "trial", "user_id": user,
                "segment": segment, "version": self._suite.version()}

    def leave(self, segment, user):
        return self.segment(segment, user) | {"type": "segment-exited"}

    def send(self, items):
        self.gateway.send(self.product, items)

    def put_profile(self, profile):
        self.gateway.put_profile(self.product, profile)

    # ---- connecting ----

    def authorize(self, answer="Allow"):
        """Walks through the consent page, as the customer's admin does; answers the last page."""
        consent = Browser().open(self.gateway.start_connect(self.product))
        assert consent.status == 200, consent.text
        return self.answer(consent, answer)

    def answer(self, consent, answer):
        """Presses a button of the consent page for this workspace."""
        return consent.press(answer, workspace=self.workspace)

    def connect(self):
        """Connects by OAuth."""
        page = self.authorize()
        assert page.status == 200, f"{page.status} {page.text}"
        assert self.connection_state() == "connected"

    def connection_state(self):
        return self.gateway.connection(self.product)["state"]

    def decision(self, kind, subject):
        """What is decided of a subject's match; None while it is not known."""
        match = self.gateway.explain(self.product, kind, subject)["match"]
        return match and match["decision"]

    # ---- what support sees ----

    def canvas(self, user, teammate=0):
        """The canvas beside a conversation with a user."""
        return self.canvas_of(self.email(user), teammate)

    def canvas_of(self, email, teammate=0):
        """The canvas beside a conversation with a contact."""
        contact = next(contact["id"] for contact in self.state("contact")
                       if contact["email"] == email)
        teammates = self._suite.simulator.inbox()["teammates"]
        return Canvas(self._suite.simulator, {"workspace": self.workspace, "contact": contact,
                                              "teammate": teammates[teammate]["id"]})

    # ---- what is in Intercom ----

    def state(self, kind):
        """The workspace's contacts, companies or data attributes."""
        return list(self._suite.simulator.state(workspace=self.workspace, type=kind,
                                                archived="true"))

    def contact(self, user):
        """The user's contact."""
        return next(contact for contact in self.state("contact")
                    if contact["email"] == self.email(user))

    def tags(self, user):
        """The tags of the user's contact."""
        return set(self.contact(user)["tags"])

    def company_tags(self, account):
        """The tags of the account's company."""
        return set(next(company["tags"] for company in self.state("company")
                        if company["company_id"] == account))

    def tagged(self, tag):
        """Who carries a tag: the emails of contacts."""
        return {contact["email"] for contact in self.state("contact") if tag in contact["tags"]}

    def value(self, user, attribute):
        """What the user's contact carries."""
        return self.contact(user)["custom_attributes"].get(PREFIX + attribute)

    def attributes(self):
        """Our attributes in Intercom: name -> whether it is archived."""
        return {attribute["name"]: attribute["archived"] for attribute in self.state("data_attribute")
                if attribute["name"].startswith(PREFIX)}

    def shown(self):
        """The names of our attributes that are not archived."""
        return {name for name, archived in self.attributes().items() if not archived}


class Canvas:
    """What the Inbox shows; a click answers what it shows then. Fails when Intercom would not show
    it."""

    def __init__(self, simulator, conversation, click=None):
        self._simulator = simulator
        self._conversation = conversation
        found = simulator.ask_app(conversation | (click or {}), bool(click))
        assert found["status"] == 200 and found["problems"] == [], found
        self._canvas = json.loads(found["answer"])["canvas"]
        components = self._canvas["content"]["components"]
        self.text = json.dumps(components, ensure_ascii=False)
        self.fields = {item["field"]: item["value"] for component in components
                       if component["type"] == "data-table" for item in component["items"]}

    def click(self, component, **inputs):
        return Canvas(self._simulator, self._conversation,
                      {"component_id": component, "input_values": inputs,
                       "current_canvas": self._canvas})


def query_of(url):
    """The parameters of a URL."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
