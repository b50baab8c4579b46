// The map of a memory: its most often mentioned entities, and which of them items mention together.
import { attempt, getOfMemory, memoryId } from "./api.js";
import { showEntity } from "./detail.js";
import { byId, element, fill } from "./dom.js";
import { Picture, quoted, showQuery } from "./picture.js";

let picture = null;

export function start() {
  byId("map-limit").addEventListener("change", attempt(open));
}

export async function open() {
  const map = await getOfMemory("map", { limit: byId("map-limit").value });
  byId("map-count").textContent = `${map.entities.length} entities, ${map.edges.length} pairs`;
  fill(byId("map-list"), ...map.entities.map((entity) => element("li", {}, element(
    "button", { type: "button", onclick: () => showEntity(entity.id) }, entity.name, element("span", { class: "soft" }, ` ${entity.mentions}`)))));
  picture?.network.destroy();
  picture = new Picture(byId("map-picture"), { onChoose: showEntity, layered: false });
  picture.draw(
    map.entities.map((entity) => ({ id: entity.id, kind: "entity", text: entity.name, value: entity.mentions })),
    map.edges.map((edge) => ({
      id: `${edge.source}>${edge.target}`, from: edge.source, to: edge.target, value: edge.itemCount,
      title: edge.predicates.join(", ") || `${edge.itemCount} items`,
    })),
  );
  showQuery(byId("map-query"), `MATCH path = (:Entity {memoryId: ${quoted(memoryId())}})-[:RELATED]->(:Entity)\nRETURN path LIMIT 300`);
}
