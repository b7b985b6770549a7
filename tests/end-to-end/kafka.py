"""Kafka as a pipeline's owner sees it: through kcat."""

import json
import subprocess

TOPICS_OF = {
    "connections": ("intercom-webhook",),
    "matcher": ("subject-identified", "connection-changed", "intercom-webhook"),
    "trait-sync": ("trait-changed", "segment-entered", "segment-exited", "user-matched",
                   "profile-changed", "connection-changed"),
}
TOPICS_OF["tagging-automation"] = ("subject-identified", *TOPICS_OF["trait-sync"])
TOPICS_OF["widget"] = ("subject-identified", *TOPICS_OF["trait-sync"])
PARTITIONS = 6


class Kafka:
    """The suite's topics on a cluster; `prefix` stands before each name."""

    def __init__(self, brokers, prefix):
        self.brokers = brokers
        self.prefix = prefix

    def _run(self, *arguments, data=None):
        return subprocess.run(["kcat", "-b", self.brokers, *arguments], input=data, check=True,
                              capture_output=True, timeout=30).stdout

    def produce(self, topic, key, value, content_type="application/json"):
        """Writes one record."""
        # A delimiter that no value has: one record, whatever the bytes.
        self._run("-P", "-t", self.prefix + topic, "-k", key, "-D", "\x1e",
                  "-H", f"content-type={content_type}", data=value)

    def read(self, topic):
        """The values of all records of a topic, as bytes."""
        out = self._run("-C", "-e", "-q", "-t", self.prefix + topic, "-f", "%S\n%s")
        values = []
        while out:
            size, _, out = out.partition(b"\n")
            values.append(out[:int(size)])
            out = out[int(size):]
        return values

    def ends(self, topics):
        """(topic, partition) -> the offset that the next record gets."""
        asked = [f"{self.prefix}{topic}:{partition}:-1"
                 for topic in topics for partition in range(PARTITIONS)]
        found = json.loads(self._run("-Q", "-J", *(word for one in asked for word in ("-t", one))))
        return {
            (topic, partition): found[self.prefix + topic][str(partition)]["offset"]
            for topic in topics
            for partition in range(PARTITIONS)
        }
