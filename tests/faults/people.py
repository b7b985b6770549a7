"""Who there is in a fault run: users, accounts, and their contacts and companies in Intercom.

A tenth of the accounts is *special*: there, who is whom changes while the run goes on. The tags of
all others can be told from the input alone, for their contacts stay theirs.
"""

from dataclasses import dataclass

DOMAIN = "faults.example"
# What becomes of the tenth user of a special account and so on; the first three stay as they are.
MOVES, COMES_AND_GOES, IS_DELETED, IS_MERGED, JOINS, IS_RENAMED, HAD_NO_EMAIL = range(3, 10)


@dataclass(frozen=True)
class People:
    """`users` people in `accounts` accounts; newcomers come later, to the last account."""

    users: int
    accounts: int
    newcomers: int

    def user(self, number):
        return f"u{number}"

    def account(self, number):
        return f"a{number}"

    def newcomer(self, number):
        return f"new{number}"

    def email(self, user):
        return f"{user}@{DOMAIN}"

    def other_email(self, user):
        """Of a second contact that there is of some."""
        return f"{user}.other@{DOMAIN}"

    def account_of(self, number):
        """The number of a user's account."""
        return number % self.accounts

    def is_special_account(self, account):
        return account >= self.accounts - self.accounts // 10

    def is_special(self, number):
        return self.is_special_account(self.account_of(number))

    def role(self, number):
        """What becomes of a special user."""
        return number // self.accounts % 10

    def comes_late(self, number):
        """Whether a plain user has no contact at first."""
        return not self.is_special(number) and number % 40 == 7

    def plain_users(self):
        return [number for number in range(self.users) if not self.is_special(number)]

    def plain_accounts(self):
        return [number for number in range(self.accounts) if not self.is_special_account(number)]

    def special_users(self, role):
        return [number for number in range(self.users)
                if self.is_special(number) and self.role(number) == role]

    def workspace(self):
        """Seed lines of the simulator: who is in Intercom at first."""
        for number in range(self.accounts):
            yield {"type": "company", "company_id": self.account(number),
                   "name": self.account(number)}
        for number in range(self.users):
            user, company = self.user(number), self.account(self.account_of(number))
            role = self.role(number) if self.is_special(number) else None
            if self.comes_late(number):
                continue
            kind = "lead" if role == IS_MERGED else "user"
            yield contact(kind, self.email(user), company)
            if role in (MOVES, IS_RENAMED):
                yield contact("user", self.other_email(user), company)
        for number in range(self.newcomers):
            yield contact("user", self.email(self.newcomer(number)), self.account(
                self.accounts - 1))


def contact(role, email, company):
    """A seed line."""
    return {"type": "contact", "role": role, "email": email, "companies": [company]}
