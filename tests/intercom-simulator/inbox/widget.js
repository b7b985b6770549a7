import { Canvas } from "./canvas.js";
import { element } from "./dom.js";
import { askApp } from "./simulator.js";

/** The app beside one conversation: asks it, draws its answers, and shows both raw. */
export class Widget {
  #app;
  #view;
  #current = null;
  #canvas = element("div", { class: "canvas" });
  #raw = element("div", { class: "raw" });
  /** Which of the raw texts are open; kept from one answer to the next. */
  #open = new Set();

  /** `view` is {workspace, teammate, contact, company}, by their ids; the last may be missing. */
  constructor(app, view) {
    this.#app = app;
    this.#view = view;
    this.root = element("div", {},
      element("section", { class: "app", "aria-label": app.name },
        element("header", {}, element("span", { class: "mark" }, app.name.slice(0, 1)), app.name),
        this.#canvas),
      this.#raw);
  }

  async initialize() {
    await this.#ask("initialize", {});
  }

  async #submit(component, values) {
    await this.#ask("submit", {
      component_id: component, input_values: values, current_canvas: this.#current ?? {},
    });
  }

  async #ask(kind, question) {
    if (this.#canvas.ariaBusy === "true") return;
    const focused = document.activeElement?.dataset?.component;
    this.#wait(true);
    try {
      const exchange = await askApp(kind, { ...this.#view, ...question });
      this.#show(exchange);
    } catch (error) {
      this.#fail([error.message]);
    }
    this.#wait(false);
    if (focused) this.#canvas.querySelector(`[data-component="${CSS.escape(focused)}"]`)?.focus();
  }

  #wait(busy) {
    this.#canvas.ariaBusy = String(busy);
    this.#canvas.inert = busy;
  }

  #show(exchange) {
    this.#showRaw(exchange);
    if (exchange.problems.length > 0) {
      this.#fail(exchange.problems);
      return;
    }
    this.#current = JSON.parse(exchange.answer).canvas;
    const canvas = new Canvas((component, values) => this.#submit(component, values));
    this.#canvas.replaceChildren(...canvas.draw(this.#current.content.components));
  }

  #fail(problems) {
    this.#canvas.replaceChildren(element("div", { class: "failure", role: "alert" },
      element("h2", {}, `${this.#app.name} can't be shown`),
      element("ul", {}, ...problems.map((problem) => element("li", {}, problem))),
      element("button", { class: "button", type: "button", click: () => this.initialize() },
        "Try again")));
  }

  #showRaw({ request, status, answer, duration_ms: duration }) {
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
    this.#raw.replaceChildren(
      element("p", { class: "quiet figures" },
        element("span", {}, new URL(request.url).pathname),
        element("span", {}, status ? `status ${status}` : "no answer"),
        element("span", {}, `${duration} ms`),
        element("span", {}, `${new Blob([answer]).size} bytes`)),
      this.#foldable("Raw request",
        [`${request.method} ${request.url}`, ...headers, "", pretty(request.body)].join("\n")),
      this.#foldable("Raw answer", pretty(answer)));
  }

  #foldable(title, text) {
    return element("details", {
      open: this.#open.has(title),
      toggle: (event) => {
        if (event.currentTarget.open) this.#open.add(title); else this.#open.delete(title);
      },
    }, element("summary", {}, title), element("pre", { "aria-label": title }, text));
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // No JSON: shown as it is.
  }
}
