"""Holds the gateway's answers against the description of its API that it serves itself."""

import json
import re

import jsonschema
import requests


class Description:
    """An OpenAPI 3.1 document."""

    def __init__(self, document):
        self._document = document
        # Paths without placeholders win over those with them, as in the gateway's router.
        self._paths = sorted(
            ((re.compile(_pattern(path)), operations)
             for path, operations in document["paths"].items()),
            key=lambda entry: entry[0].pattern.count("[^/]+"))

    @staticmethod
    def served_by(address):
        """The description that a running gateway gives."""
        answer = requests.get(f"http://{address}/openapi.json", timeout=10)
        assert answer.status_code == 200, answer.text[:1000]
        return Description(answer.json())

    def check(self, method, path, status, body, content_type="application/json"):
        """Fails unless this answer is described so. `path` as it was asked for, without a query;
        `body` as text or parsed."""
        what = f"{method} {path}: {status}"
        operation = self._operation(method, path)
        assert operation is not None, f"{what}: no such operation"
        responses = operation["responses"]
        response = responses.get(str(status)) or (responses.get("default") if status >= 400
                                                  else None)
        assert response is not None, f"{what}: the status is not described"
        content = self._resolve(response).get("content")
        if content is None:
            assert not body, f"{what}: a body is not described"
            return
        media_type = content_type.split(";")[0]
        assert media_type in content, f"{what}: {media_type} is not described"
        if "json" in media_type:
            value = json.loads(body) if isinstance(body, (str, bytes)) else body
            self._validate(content[media_type]["schema"], value, what)

    def check_answer(self, answer):
        """The same of an answer that requests gave."""
        path = re.sub(r"^https?://[^/]+", "", answer.request.url).split("?")[0]
        self.check(answer.request.method, path, answer.status_code, answer.content,
                   answer.headers.get("Content-Type", ""))

    def _operation(self, method, path):
        for pattern, operations in self._paths:
            if pattern.fullmatch(path) and method.lower() in operations:
                return operations[method.lower()]
        return None

    def _resolve(self, value):
        if "$ref" not in value:
            return value
        found = self._document
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def _validate(self, schema, value, what):
        # References lead into the components, which therefore have to stand in the same schema.
        whole = schema | {"components": self._document["components"]}
        errors = list(jsonschema.Draft202012Validator(whole).iter_errors(value))
        assert not errors, f"{what}: " + "; ".join(
            f"{error.json_path} {error.message[:300]}" for error in errors)


def _pattern(path):
    """The regular expression of a path with {placeholders}."""
    return "".join("[^/]+" if part.startswith("{") else re.escape(part)
                   for part in re.split(r"(\{[^}]+\})", path) if part)
