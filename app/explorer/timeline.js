// A memory's items by month, the last observed first.
import { attempt, post } from "./api.js";
import { itemRow } from "./detail.js";
import { byId, element, fill } from "./dom.js";

const PAGE = 100;
let cursor;
let lists;

export function start() {
  byId("older").addEventListener("click", attempt(load));
}

export async function open() {
  cursor = undefined;
  lists = new Map();
  fill(byId("months"));
  await load();
}

async function load() {
  const page = await post("items/query", { limit: PAGE, cursor, withClosed: true });
  for (const item of page.items) listOf((item.observedAt ?? item.createdAt).slice(0, 7)).append(itemRow(item));
  cursor = page.nextCursor ?? undefined;
  byId("older").hidden = !cursor;
  if (!lists.size) fill(byId("months"), element("p", { class: "soft" }, "This memory holds nothing yet."));
}

function listOf(month) {
  if (!lists.has(month)) {
    const list = element("ul", { class: "items" });
    lists.set(month, list);
    byId("months").append(element("h2", {}, month), list);
  }
  return lists.get(month);
}
