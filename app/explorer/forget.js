// Forgetting, with a preview of its receipt.
import { attempt, post } from "./api.js";
import { byId, element, fill } from "./dom.js";

let request = null;

export function start() {
  byId("forget-form").addEventListener("submit", attempt(rehearse));
  byId("forget-form").addEventListener("input", reset);
  byId("forget-now").addEventListener("click", attempt(forget));
}

// Opens this view with one thing chosen.
export function preview({ items = "", entity = "" }) {
  byId("forget-form").reset();
  byId("forget-items").value = items;
  byId("forget-entity").value = entity;
  document.getElementById("tab-forget").click();
  return attempt(rehearse)();
}

export function reset() {
  request = null;
  fill(byId("receipt"));
  byId("forget-now").hidden = true;
}

function wanted() {
  const itemIds = byId("forget-items").value.split(/[\s,]+/).filter(Boolean);
  const [from, to] = ["forget-from", "forget-to"].map((id) => byId(id).value && `${byId(id).value}T00:00:00Z`);
  return {
    entity: byId("forget-entity").value || undefined,
    itemIds: itemIds.length ? itemIds : undefined,
    withSources: byId("forget-sources").checked || undefined,
    timeRange: from || to ? { from: from || undefined, to: to || undefined } : undefined,
  };
}

async function rehearse() {
  reset();
  const asked = wanted();
  const receipt = await post("forget", { ...asked, dryRun: true });
  request = asked;
  draw("Would delete", receipt);
  byId("forget-now").hidden = !Object.keys(receipt.nodes).length;
}

async function forget() {
  byId("sure-text").textContent = "This deletes what the preview shows, for good.";
  if (!(await confirmed()) || !request) return;
  const receipt = await post("forget", request);
  reset();
  if (receipt.nodes) draw("Deleted", receipt);
  else fill(byId("receipt"), element("p", {}, `It takes longer; operation ${receipt.operationId} goes on.`));
}

function confirmed() {
  const dialog = byId("sure");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

function draw(title, receipt) {
  const rows = Object.entries({ ...receipt.nodes, ...receipt.relationships });
  fill(byId("receipt"), rows.length
    ? element("table", {}, element("caption", {}, title), element("thead", {}, element("tr", {}, element("th", {}, "what"), element("th", {}, "how many"))),
      element("tbody", {}, ...rows.map(([name, number]) => element("tr", {}, element("td", {}, name), element("td", {}, String(number))))))
    : element("p", {}, "Nothing in this memory matches."));
}
