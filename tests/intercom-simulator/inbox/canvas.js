import { element } from "./dom.js";
import { markdown, outside } from "./markdown.js";

/**
 * Draws the components of Canvas Kit as the Inbox draws them, and gathers what is filled in.
 * `onSubmit(componentId, inputValues)` is called for every submit action.
 */
export class Canvas {
  #inputs = new Map();
  #onSubmit;

  constructor(onSubmit) {
    this.#onSubmit = onSubmit;
  }

  draw(components) {
    return components.map((component) => this.#draw(component));
  }

  /** Component id to what is chosen or written; what is not chosen is left out. */
  get inputValues() {
    const values = {};
    for (const [id, read] of this.#inputs) {
      const value = read();
      if (value !== undefined) values[id] = value;
    }
    return values;
  }

  #draw(component) {
    switch (component.type) {
      case "text": return this.#text(component);
      case "button": return this.#button(component);
      case "single-select": return this.#singleSelect(component);
      case "dropdown": return this.#dropdown(component);
      case "list": return this.#list(component);
      case "data-table": return this.#dataTable(component);
      case "divider": return element("hr", { class: "component" });
      case "spacer": return element("div", { class: `component spacer ${component.size ?? "m"}` });
      case "image": return this.#image(component);
      case "input": return this.#input(component);
      case "textarea": return this.#textarea(component);
      case "checkbox": return this.#checkbox(component);
      default: throw new Error(`no component of the Inbox: ${component.type}`);
    }
  }

  #submit(id) {
    this.#onSubmit(id, this.inputValues);
  }

  /**
   * Something that does its action when it is clicked: a link for a URL, a button to submit, else
   * just an element.
   */
  #acting({ id, action, disabled }, attributes, plainTag, ...children) {
    if (action?.type === "url" && !disabled) {
      return outside("a", action.url, attributes, ...children);
    }
    if (!action) return element(plainTag, attributes, ...children);
    return element("button", {
      ...attributes,
      type: "button",
      disabled,
      "data-component": id,
      click: () => this.#submit(id),
    }, ...children);
  }

  #text({ text, style = "paragraph", align = "left", bottom_margin: margin }) {
    const classes = `component text ${style} align-${align} ${margin === "none" ? "flush" : ""}`;
    return element(style === "header" ? "h3" : "p", { class: classes }, ...markdown(text));
  }

  #button(component) {
    const style = component.style ?? "primary";
    return this.#acting(component, { class: `component button ${style}` }, "span", component.label);
  }

  /** With an action a choice submits at once: these are tabs. Without one it is only remembered. */
  #singleSelect({ id, options, label, value, action, disabled, save_state: state }) {
    const asTabs = Boolean(action);
    const mark = asTabs ? "aria-selected" : "aria-checked";
    let chosen = value;
    this.#inputs.set(id, () => chosen);
    const group = element("div", {
      class: "options",
      role: asTabs ? "tablist" : "radiogroup",
      "aria-label": label ?? (asTabs ? "Tabs" : id),
    });
    for (const option of options) {
      group.append(element("button", {
        class: "option",
        type: "button",
        role: asTabs ? "tab" : "radio",
        [mark]: String(option.id === chosen),
        disabled: disabled || option.disabled,
        "data-component": `${id} ${option.id}`,
        click: (event) => {
          chosen = option.id;
          for (const other of group.children) {
            other.setAttribute(mark, String(other === event.currentTarget));
          }
          if (action?.type === "submit") this.#submit(id);
          if (action?.type === "url") window.open(action.url, "_blank", "noopener");
        },
      }, option.text));
    }
    return element("div", { class: `component field ${state ?? ""}` }, caption(label), group);
  }

  #dropdown({ id, options, label, value, disabled, save_state: state }) {
    const select = element("select", { disabled, "data-component": id },
      value === undefined ? element("option", { value: "" }, "Choose…") : null,
      ...options.map((option) => element("option", {
        value: option.id,
        selected: option.id === value,
        disabled: option.disabled,
      }, option.text)));
    this.#inputs.set(id, () => select.value || undefined);
    return labelled(label ?? id, Boolean(label), select, state);
  }

  #list({ items, disabled }) {
    return element("ul", { class: "component items" }, ...items.map((item) => {
      const shown = { ...item, disabled: disabled || item.disabled };
      return element("li", {}, this.#acting(shown, { class: "item" }, "div",
        item.image ? element("img", {
          src: item.image,
          alt: "",
          width: item.image_width ?? 40,
          height: item.image_height ?? 40,
          class: item.rounded_image ? "rounded" : undefined,
        }) : null,
        element("span", { class: "item-text" },
          element("span", { class: "item-title" }, item.title),
          item.subtitle ? element("span", { class: "item-more" }, item.subtitle) : null,
          item.tertiary_text ? element("span", { class: "item-more" }, item.tertiary_text) : null),
        item.action ? element("span", { class: "chevron", "aria-hidden": "true" }, "›") : null));
    }));
  }

  /** Long text is cut; hovering shows the whole. */
  #dataTable({ items }) {
    return element("table", { class: "component data" }, element("tbody", {},
      ...items.map(({ field, value }) => element("tr", {},
        element("th", { scope: "row", title: field }, field),
        element("td", { title: value }, value)))));
  }

  #image(component) {
    const { url, width, height, align = "left", rounded } = component;
    const image = element("img", { src: url, width, height, alt: "",
                                   class: rounded ? "rounded" : undefined });
    const place = align === "full_width" ? "full_width" : `align-${align}`;
    return element("div", { class: `component picture ${place}` },
      component.action ? this.#acting(component, { class: "item" }, "span", image) : image);
  }

  #input({ id, label, placeholder, value, action, disabled, save_state: state }) {
    const input = element("input", {
      type: "text", value, placeholder, disabled, "aria-label": label ?? id, "data-component": id,
      keydown: (event) => {
        if (event.key === "Enter" && action?.type === "submit") this.#submit(id);
      },
    });
    this.#inputs.set(id, () => input.value);
    const go = action ? this.#acting({ id, action, disabled },
      { class: "button", "aria-label": `Submit ${label ?? id}` }, "span", "→") : null;
    return element("div", { class: `component field ${state ?? ""}` }, caption(label),
                   element("div", { class: "with-action" }, input, go));
  }

  #textarea({ id, label, placeholder, value, action, error, disabled, save_state: state }) {
    const area = element("textarea", { placeholder, disabled, "aria-label": label ?? id,
                                       "data-component": id }, value ?? "");
    this.#inputs.set(id, () => area.value);
    const go = action ? this.#acting({ id, action, disabled },
      { class: "button", "aria-label": `Submit ${label ?? id}` }, "span", "→") : null;
    return element("div", { class: `component field ${state ?? ""}` }, caption(label), area,
                   error ? element("p", { class: "text error" }, String(error)) : null, go);
  }

  #checkbox({ id, label, options = [], value = [], disabled, save_state: state }) {
    const boxes = options.map((option) => element("input", {
      type: "checkbox",
      value: option.id,
      checked: value.includes(option.id),
      disabled: disabled || option.disabled,
      "data-component": `${id} ${option.id}`,
    }));
    this.#inputs.set(id, () => boxes.filter((box) => box.checked).map((box) => box.value));
    return element("div", { class: `component field ${state ?? ""}`, role: "group",
                            "aria-label": label ?? id },
      caption(label),
      ...boxes.map((box, i) => element("label", { class: "check" }, box, options[i].text)));
  }
}

function caption(label) {
  return label ? element("span", { class: "label" }, label) : null;
}

/** A control with its name, which is read out also when it is not shown. */
function labelled(name, shown, control, state) {
  control.setAttribute("aria-label", name);
  return element("div", { class: `component field ${state ?? ""}` }, caption(shown ? name : null),
                 control);
}
