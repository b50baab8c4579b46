// The page: memories, tabs, views.
import * as ask from "./ask.js";
import { attempt, chosen, get, setKey } from "./api.js";
import { byId, element, fill } from "./dom.js";
import * as forget from "./forget.js";
import * as map from "./map.js";
import * as timeline from "./timeline.js";

const VIEWS = { ask: null, timeline: timeline.open, map: map.open, forget: null };
const PAGE = 30; // each memory is counted
let memories = [];

async function loadMemories() {
  const { memories: found, nextCursor } = await get("memories", { limit: PAGE, search: byId("memory-search").value });
  memories = found;
  byId("key-form").hidden = true;
  fill(byId("memory"), ...found.map((memory, index) => element("option", { value: index }, `${memory.userId} / ${memory.agentId} (${memory.itemCount} items)`)));
  const wish = new URLSearchParams(location.search);
  const wished = found.findIndex((memory) => memory.userId === wish.get("user") && memory.agentId === wish.get("agent"));
  const largest = found.findIndex((memory) => memory.itemCount === Math.max(...found.map((one) => one.itemCount)));
  byId("memory").value = String(Math.max(wished, wished < 0 ? largest : wished, 0));
  byId("more").textContent = nextCursor ? `The first ${PAGE} memories: narrow them down.` : "";
  await choose();
}

async function choose() {
  const memory = memories[Number(byId("memory").value)];
  Object.assign(chosen, { userId: memory?.userId ?? null, agentId: memory?.agentId ?? null });
  byId("about").textContent = memory
    ? `${memory.rawDataCount} messages, ${memory.itemCount} items, ${memory.entityCount} entities`
    : byId("memory-search").value ? "No memory has that in its name." : "No memory yet: store a message first.";
  fill(byId("detail"), element("p", { class: "soft" }, "Choose a fact or an entity to see where it comes from."));
  ask.setMemory(memory ?? {});
  forget.reset();
  for (const part of document.querySelectorAll("main button, main input, main select")) part.disabled = !memory;
  if (memory) await VIEWS[current()]?.();
}

const current = () => document.querySelector('[role="tab"][aria-selected="true"]').getAttribute("aria-controls");

async function select(name) {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    const selected = tab.getAttribute("aria-controls") === name;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !selected;
  }
  if (chosen.userId !== null) await VIEWS[name]?.();
}

function startTabs() {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", attempt(() => select(tab.getAttribute("aria-controls"))));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    });
  });
}

byId("memory-search").value = new URLSearchParams(location.search).get("user") ?? "";
startTabs();
for (const view of [ask, timeline, map, forget]) view.start();
byId("memory").addEventListener("change", attempt(choose));
byId("memory-search").addEventListener("change", attempt(loadMemories));
byId("memory-form").addEventListener("submit", attempt(loadMemories));
byId("key-form").addEventListener("submit", attempt(async () => {
  setKey(byId("key").value);
  await loadMemories();
}));
attempt(loadMemories)();
