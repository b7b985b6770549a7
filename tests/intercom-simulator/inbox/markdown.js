import { element } from "./dom.js";

const MARKUP = /\*\*(.+?)\*\*|\[([^\]]+)\]\(((?:https?:\/\/|mailto:)[^\s)]+)\)|\n/gu;

/** The Markdown that a text component may have, bold and links, as nodes. */
export function markdown(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(MARKUP)) {
    nodes.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [, bold, label, url] = match;
    if (bold !== undefined) {
      nodes.push(element("strong", {}, ...markdown(bold)));
    } else if (label !== undefined) {
      nodes.push(outside("a", url, {}, label));
    } else {
      nodes.push(element("br"));
    }
  }
  nodes.push(text.slice(end));
  return nodes;
}

/** A link that leads out of the Inbox, in a tab of its own. */
export function outside(tag, url, attributes, ...children) {
  return element(tag, { href: url, target: "_blank", rel: "noopener noreferrer", ...attributes },
                 ...children);
}
