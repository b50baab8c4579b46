// Asking a question and playing its walk.
import { attempt, getOfMemory, memoryId, post } from "./api.js";
import { showEntity, showItem } from "./detail.js";
import { byId, element, fill, quiet } from "./dom.js";
import { Picture, quoted, showQuery } from "./picture.js";
import { graphOf, missing, stepsOf } from "./walk.js";

const PAUSE = 1200;
const DAY = 86_400_000;
let steps = [];
let shownSteps = 0;
let question = "";
let picture = null;
let playing = null;
let first = 0;
let asked = 0;
let others = new Map();
// Facts that are asked for only because an edge starts there.
const OTHERS = 20;

export function start() {
  byId("ask-form").addEventListener("submit", attempt(ask));
  byId("as-of").addEventListener("input", showDay);
  byId("as-of").addEventListener("change", attempt(async () => { if (question) await ask(); }));
  byId("next").addEventListener("click", () => show(shownSteps + 1));
  byId("back").addEventListener("click", () => show(shownSteps - 1));
  byId("everything").addEventListener("click", () => show(steps.length));
  byId("play").addEventListener("click", () => (playing ? stop() : play()));
}

// A slider from the day of the memory's first words to today.
export function setMemory({ firstOccurredAt, lastOccurredAt }) {
  stop();
  asked += 1;
  steps = [];
  question = "";
  first = Math.floor(Date.parse(firstOccurredAt ?? new Date().toISOString()) / DAY);
  const last = Math.floor(Date.parse(lastOccurredAt ?? new Date().toISOString()) / DAY);
  const slider = byId("as-of");
  slider.max = last - first + 1;
  slider.value = slider.max;
  showDay();
  for (const id of ["walk-bar", "walk-picture", "answers"]) byId(id).hidden = true;
  fill(byId("steps"));
  fill(byId("walk-query"));
}

const asOf = () => {
  const slider = byId("as-of");
  // The end of the chosen day; at the right end, now.
  return slider.value === slider.max ? undefined : new Date((first + Number(slider.value) + 1) * DAY - 1).toISOString();
};

function showDay() {
  const day = asOf()?.slice(0, 10) ?? "now";
  byId("as-of-day").value = day;
  byId("as-of").setAttribute("aria-valuetext", day);
}

async function ask() {
  stop();
  question = byId("question").value;
  asked += 1;
  const number = asked;
  const answer = await post("retrieve", { query: question, strategy: byId("strategy").value, asOf: asOf(), trace: true });
  const walked = stepsOf(answer);
  const found = await Promise.all(missing(walked).slice(0, OTHERS).map((id) => getOfMemory(`items/${id}`)));
  if (number !== asked) return; // a later question was quicker
  steps = walked;
  others = new Map(found.map((item) => [item.id, item.text]));
  byId("walk-bar").hidden = false;
  byId("walk-picture").hidden = false;
  picture ??= new Picture(byId("walk-picture"), { onChoose: choose, layered: true });
  const ids = answer.items.map((item) => item.id).join(", ");
  showQuery(byId("walk-query"), `MATCH path = (fact:Fact {memoryId: ${quoted(memoryId())}})-[:EXTRACTED_FROM|MENTIONS]->()\nWHERE fact.id IN [${ids}]\nRETURN path`);
  show(quiet() ? steps.length : 1);
}

function play() {
  if (shownSteps === steps.length) show(1);
  playing = setInterval(() => (shownSteps < steps.length ? show(shownSteps + 1) : stop()), PAUSE);
  byId("play").textContent = "Pause";
}

function stop() {
  clearInterval(playing);
  playing = null;
  byId("play").textContent = "Play";
}

function show(count) {
  shownSteps = Math.min(Math.max(count, 1), steps.length);
  const walked = steps.slice(0, shownSteps).filter((step) => step.title !== "Answers");
  fill(byId("steps"), ...walked.map((step) => element("li", {}, element("h2", {}, step.title),
    ...step.figures.map((figure) => element("div", { class: "soft" }, figure)),
    element("ul", { class: "items" }, ...step.rows.map(rowOf)))));
  const done = shownSteps === steps.length;
  byId("answers").hidden = !done;
  if (done) fill(byId("answer-list"), ...steps.at(-1).rows.map(rowOf));
  byId("step").textContent = `${steps[shownSteps - 1].title} (step ${shownSteps} of ${steps.length})`;
  byId("next").disabled = done;
  byId("back").disabled = shownSteps === 1;
  const { nodes, edges } = graphOf(question, steps, shownSteps, others);
  picture.draw(nodes, edges);
}

function rowOf(row) {
  return element("li", {}, element("button", { type: "button", "data-item": row.id, onclick: () => choose(row.id) },
    element("span", { class: "score" }, (row.score ?? 0).toFixed(2)), row.text,
    row.by ? element("span", { class: "by" }, row.by) : undefined));
}

async function choose(id) {
  const row = steps.flatMap((step) => step.rows).find((candidate) => candidate.id === id);
  for (const button of document.querySelectorAll("[data-item]")) button.setAttribute("aria-current", String(button.dataset.item === id));
  picture.choose(id);
  if (row?.kind === "entity") await showEntity(id);
  else if (row ? row.kind !== "message" : others.has(id)) await showItem(id);
}
