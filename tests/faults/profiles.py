"""The profiles of a fault run, what becomes of them, and the rules."""

TRIAL = {
    "profile_id": "trial", "name": "Trial Users", "summary": True, "sync_mode": "all_traits",
    "catalogue": [
        {"name": "Score", "type": "integer", "on": ["user", "account"], "definition": "Engaged."},
        {"name": "Plan", "type": "string", "on": ["user", "account"], "definition": "Pays."},
        {"name": "ActivationRate", "type": "integer", "on": ["user"], "definition": "Steps done."},
        {"name": "Frequency", "type": "integer", "on": ["user"], "definition": "Active days."},
        {"name": "LastActive", "type": "date", "on": ["user"], "definition": "Last activity."},
        {"name": "Ready", "type": "boolean", "on": ["user"], "definition": "Ready to buy."},
    ],
}
CHURN = {
    "profile_id": "churn", "name": "Churn Risk", "summary": False, "sync_mode": "segments_only",
    "catalogue": [
        {"name": "Risk", "type": "float", "on": ["user", "account"], "definition": "Of leaving."},
    ],
}


def without(profile, trait):
    """A narrower catalogue."""
    return profile | {"catalogue": [one for one in profile["catalogue"] if one["name"] != trait]}


def defined_anew(profile, trait, definition):
    """The same with another text for one trait."""
    return profile | {"catalogue": [
        one | {"definition": definition} if one["name"] == trait else one
        for one in profile["catalogue"]]}


# What a profile becomes in the first, second, … wave; then again from the first.
SWITCHES = [
    CHURN | {"sync_mode": "all_traits"},
    without(TRIAL, "Frequency"),
    CHURN | {"sync_mode": "off"},
    TRIAL,
    CHURN | {"sync_mode": "all_traits"},
    defined_anew(TRIAL, "Score", "How engaged, of a hundred."),
    CHURN,
    TRIAL,
]

# The filter's trait never changes once it is "pro".
FILTER = 'Plan = "pro"'
HIGH = 80


def rule(name, kind, trigger, tag, target="user", remove=False, **more):
    """A rule as the API takes it."""
    return {"name": name, "profile_id": "trial", "kind": kind, "trigger": trigger,
            "actions": [{"type": "add-tag", "tag": tag, "target": target,
                         "remove_on_exit": remove}]} | more


def enters(segment):
    return {"type": "enters-segment", "segment": segment}


def custom(condition):
    return {"type": "custom", "condition": condition}


RULES = [
    rule("hot", "user", enters("Hot"), "hot", remove=True),
    rule("paying", "user", enters("Paying"), "paying", target="company"),
    rule("left", "user", enters("Left"), "either", remove=True),
    rule("right", "user", enters("Right"), "either", remove=True),
    rule("filtered", "user", enters("Filtered"), "filtered", filter=FILTER),
    rule("high", "user", custom(f"Score >= {HIGH}"), "high", remove=True),
    rule("activated", "user", {"type": "activation-milestone", "rate": 80}, "activated"),
    rule("new", "user", {"type": "new"}, "newcomer"),
    rule("key", "account", enters("Key"), "key", target="company", remove=True),
    rule("paid", "account", custom('Plan = "paid"'), "paid", target="user"),
]


def later_rule(wave):
    """The rule that is made in the middle of a wave, for those who are inside already, too."""
    return rule(f"paying since {wave}", "user", enters("Paying"), f"paying-{wave}",
                apply_to_existing=True)
