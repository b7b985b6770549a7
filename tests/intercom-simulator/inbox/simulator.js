/** What the page asks the simulator. The simulator alone talks to the app. */

async function ask(path, options) {
  const answer = await fetch(`/_simulator/inbox${path}`, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail || body.title);
  return body;
}

/** {workspaces, teammates, app} */
export function overview() {
  return ask("");
}

/** {conversations, contacts}; without words a choice of them. */
export function conversations(workspace, words) {
  return ask(`/conversations?${new URLSearchParams({ workspace, words })}`);
}

/** `kind` is initialize or submit; answers {request, status, answer, problems, duration_ms}. */
export function askApp(kind, question) {
  return ask(`/${kind}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
}
