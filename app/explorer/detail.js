// The panel beside: an item with its words and links, or an entity with its items.
import { attempt, getOfMemory, memoryId, post } from "./api.js";
import { byId, day, element, fill } from "./dom.js";
import { quoted, showQuery } from "./picture.js";
import { preview } from "./forget.js";

export const showItem = (id) => attempt(async () => draw(...itemParts(await getOfMemory(`items/${encodeURIComponent(id)}`))))();
export const showEntity = (id) => attempt(async () => draw(...entityParts(await getOfMemory(`entities/${encodeURIComponent(id)}`))))();

const memory = () => quoted(memoryId());

function draw(...parts) {
  const panel = byId("detail");
  fill(panel, ...parts);
  panel.scrollTop = 0;
  panel.focus({ preventScroll: true });
}

function itemParts(item) {
  const query = element("div");
  showQuery(query, `MATCH path = (fact:Fact {memoryId: ${memory()}, id: ${item.id}})-[:EXTRACTED_FROM|MENTIONS|SUPERSEDES|CONFLICTS_WITH]-()\nRETURN path`);
  return [
    element("h2", { class: item.invalidAt ? "closed" : undefined }, item.text),
    element("p", { class: "soft" }, validity(item)),
    element("h3", {}, "Said"), ...item.sources.map(sourceOf),
    element("h3", {}, "Names"), element("ul", { class: "items" }, ...item.entities.map(
      (entity) => element("li", {}, element("button", { type: "button", onclick: () => showEntity(entity.id) }, `${entity.name} (${entity.role})`)),
    )),
    ...linked("Superseded", item.supersedes), ...linked("Superseded by", item.supersededBy),
    ...linked("Contradicts", item.conflictsWith), ...linked("Because of", item.causes),
    ...(item.versions.length ? [element("h3", {}, "Earlier versions"), ...item.versions.map((v) => element("p", {}, `until ${day(v.until)}: ${v.text}`))] : []),
    element("p", {}, element("button", { type: "button", onclick: () => preview({ items: item.id }) }, "Preview forgetting this")),
    query,
  ];
}

function validity(item) {
  const parts = [item.category, `observed ${day(item.observedAt)}`];
  if (item.validAt) parts.push(`holds from ${day(item.validAt)}`);
  parts.push(item.invalidAt ? `until ${day(item.invalidAt)}` : "still holds");
  return parts.join(" · ");
}

function sourceOf(source) {
  const who = [source.userName ?? source.role?.toLowerCase() ?? source.title ?? source.type, day(source.occurredAt)].join(", ");
  return element("figure", {}, element("figcaption", { class: "soft" }, who), element("blockquote", { class: "words" }, ...marked(source)));
}

// The text with its quote marked. Places count characters, of which some take two units of a JavaScript string.
function marked({ text, start, end }) {
  if (start === undefined || end === undefined) return [text];
  const characters = Array.from(text);
  const part = (from, to) => characters.slice(from, to).join("");
  return [part(0, start), element("mark", {}, part(start, end)), part(end)];
}

function linked(title, items) {
  return items.length ? [element("h3", {}, title), element("ul", { class: "items" }, ...items.map(itemRow))] : [];
}

export function itemRow(item) {
  return element("li", {}, element(
    "button", { type: "button", "data-item": item.id, onclick: () => showItem(item.id) },
    element("span", { class: "soft" }, `${day(item.observedAt ?? item.createdAt)} `),
    element("span", { class: item.invalidAt ? "closed" : undefined }, item.text),
    item.invalidAt ? element("span", { class: "soft" }, ` (until ${day(item.invalidAt)})`) : undefined,
  ));
}

function entityParts(entity) {
  const into = element("input", { id: "merge-into", autocomplete: "off", maxlength: 200, required: true });
  const query = element("div");
  showQuery(query, `MATCH path = (entity:Entity {memoryId: ${memory()}, id: ${quoted(entity.id)}})-[:RELATED|SAME_AS|SIMILAR_TO]-()\nRETURN path LIMIT 100`);
  const merge = attempt(async () => {
    await post("entities/merge", { entity: entity.name, into: into.value });
    await showEntity(entity.id);
  });
  const split = attempt(async () => {
    await post("entities/split", { entity: entity.name });
    await showEntity(entity.id);
  });
  return [
    element("h2", {}, entity.name),
    element("p", { class: "soft" }, [entity.entityType.toLowerCase(), `${entity.itemCount} items`, ...entity.aliases].join(" · ")),
    entity.sameAs.length ? element("p", { id: "same-as" }, `Also called ${entity.sameAs.join(", ")}`) : undefined,
    element("form", { class: "row", onsubmit: merge }, element("label", { for: "merge-into" }, "Is the same as"), into, element("button", {}, "Merge"),
      entity.sameAs.length ? element("button", { type: "button", onclick: split }, "Split again") : undefined),
    element("p", {}, element("button", { type: "button", onclick: () => preview({ entity: entity.name }) }, "Preview forgetting this")),
    element("h3", {}, "Items"), element("ul", { class: "items" }, ...entity.items.map(itemRow)),
    query,
  ];
}
