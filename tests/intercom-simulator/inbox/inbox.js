import { element } from "./dom.js";
import * as simulator from "./simulator.js";
import { Widget } from "./widget.js";

const part = (id) => document.getElementById(id);

const page = {
  workspaceChoice: part("workspace-choice"),
  workspace: part("workspace"),
  teammate: part("teammate"),
  search: part("search"),
  list: part("conversations"),
  note: part("list-note"),
  conversation: part("conversation"),
  pane: part("pane"),
};

let app;
let opened = null; // the conversation that is shown
let lastSearch = 0;

function fill(select, choices) {
  select.replaceChildren(...choices.map(([value, text]) => element("option", { value }, text)));
}

function nameOf({ name, email }) {
  return name || email || "Unknown";
}

function ago(minutes) {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 60 / 24)} d`;
}

function avatar(contact) {
  const letters = nameOf(contact).split(/[\s.@]+/u).filter(Boolean).slice(0, 2)
    .map((word) => [...word][0].toUpperCase());
  const made = element("span", { class: "avatar", "aria-hidden": "true" }, letters.join(""));
  made.style.setProperty("--hue", String(parseInt(contact.id.slice(-4), 16) % 360));
  return made;
}

/** Role and companies; of several companies one can be chosen as what the conversation is about. */
function chips(conversation, chosen) {
  const { contact, companies } = conversation;
  return element("div", { class: "chips" },
    element("span", { class: "chip role" }, contact.role === "lead" ? "Lead" : "User"),
    ...companies.map(({ id, name, company_id: theirs }) => {
      if (companies.length < 2) {
        return element("span", { class: "chip", title: theirs }, name || theirs);
      }
      const pressed = id === chosen;
      return element("button", {
        class: "chip",
        type: "button",
        title: `${theirs}: say that the conversation is about this company`,
        "aria-pressed": String(pressed),
        click: () => open(conversation, pressed ? undefined : id),
      }, name || theirs);
    }));
}

function show(conversation, company) {
  const { contact, lines, subject } = conversation;
  page.conversation.replaceChildren(
    element("header", { class: "person" }, avatar(contact),
      element("div", {},
        element("h1", {}, nameOf(contact)),
        element("p", { class: "quiet" }, contact.email || "no email address"),
        chips(conversation, company))),
    element("div", { class: "lines" },
      element("p", { class: "subject" }, subject),
      ...lines.map(({ from, text }) => element("p", { class: `line ${from}` }, text))),
    element("p", { class: "quiet invented" },
      "The contact is the workspace's; what is said here is invented."));
}

function markOpened() {
  for (const row of page.list.querySelectorAll(".conversation")) {
    row.setAttribute("aria-current", String(row.dataset.contact === opened?.contact.id));
  }
}

/** `company` is Intercom's id of the one that the conversation is about, if that is known. */
function open(conversation, company) {
  opened = conversation;
  markOpened();
  show(conversation, company);
  // A new one each time: what an earlier conversation's app still answers goes nowhere.
  const widget = new Widget(app, {
    workspace: page.workspace.value,
    teammate: page.teammate.value,
    contact: conversation.contact.id,
    company,
  });
  page.pane.replaceChildren(widget.root);
  widget.initialize();
}

function close() {
  opened = null;
  page.conversation.replaceChildren(element("p", { class: "placeholder" },
                                            "Choose a conversation."));
  page.pane.replaceChildren();
}

function row(conversation) {
  const { contact, lines, minutes_ago: minutes } = conversation;
  return element("li", {}, element("button", {
    class: "conversation",
    type: "button",
    "data-contact": contact.id,
    "aria-label": `${nameOf(contact)}, ${contact.email || "no email address"}`,
    click: () => open(conversation),
  },
    avatar(contact),
    element("span", { class: "who" }, nameOf(contact)),
    element("span", { class: "quiet" }, ago(minutes)),
    element("span", { class: "preview quiet" }, lines.at(-1).text)));
}

async function list() {
  const search = ++lastSearch;
  const words = page.search.value;
  page.list.ariaBusy = "true";
  try {
    const found = await simulator.conversations(page.workspace.value, words);
    if (search !== lastSearch) return; // Overtaken by a later one.
    page.list.replaceChildren(...found.conversations.map(row));
    page.note.textContent = words.trim()
      ? `${found.conversations.length} found of ${found.contacts} contacts`
      : `${found.conversations.length} conversations, ${found.contacts} contacts`;
    markOpened();
  } catch (error) {
    page.note.textContent = `The conversations could not be loaded: ${error.message}`;
  }
  page.list.ariaBusy = "false";
}

async function begin() {
  const overview = await simulator.overview();
  app = overview.app;
  fill(page.workspace, overview.workspaces.map(({ id_code: id, name }) => [id, `${name} (${id})`]));
  fill(page.teammate, overview.teammates.map(({ id, name }) => [id, name]));
  page.workspaceChoice.hidden = overview.workspaces.length < 2;
  page.workspace.addEventListener("change", () => { close(); list(); });
  page.teammate.addEventListener("change", () => { if (opened) open(opened); });
  page.search.addEventListener("input", list);
  await list();
}

begin();
