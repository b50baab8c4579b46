// Calls of the service, for the chosen memory. The key stays in this tab.
import { byId } from "./dom.js";

const KEY = "mnemon-key";
export const chosen = { userId: null, agentId: null };

// An answer about a memory that is no longer the chosen one.
class Outdated extends Error {}

export function setKey(key) {
  sessionStorage.setItem(KEY, key);
}

async function call(method, path, body) {
  const key = sessionStorage.getItem(KEY);
  const { userId, agentId } = chosen;
  const headers = { Accept: "application/json" };
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  if (response.status === 401) byId("key-form").hidden = false;
  const answer = await response.json().catch(() => ({}));
  if (userId !== chosen.userId || agentId !== chosen.agentId) throw new Outdated();
  if (!response.ok) throw new Error(messageOf(answer) || `The service answers ${response.status}`);
  return answer.data;
}

function messageOf(answer) {
  const fields = answer.error?.details?.fieldErrors;
  const wrong = fields ? Object.entries(fields).map(([field, text]) => `${field} ${text}`).join("; ") : "";
  return [answer.error?.message, wrong].filter(Boolean).join(": ");
}

// Neo4j Browser's address, if the service knows one and the key may read.
export const config = () => call("GET", "/explore/config.json").catch(() => ({}));

export const get = (path, query = {}) => call("GET", `/open/v1/${path}?${new URLSearchParams(query)}`);
export const getOfMemory = (path, query = {}) => get(`memory/${path}`, { ...chosen, ...query });
export const post = (path, body) => call("POST", `/open/v1/memory/${path}`, { ...chosen, ...body });

// The memory's id in the graph, where a colon divides user and agent.
export const memoryId = () => [chosen.userId, chosen.agentId].map((part) => part.replaceAll("%", "%25").replaceAll(":", "%3A")).join(":");

// Runs what a click or a form asks for; an error is shown until the next one begins.
export function attempt(work) {
  return async (event) => {
    event?.preventDefault?.();
    const error = byId("error");
    error.hidden = true;
    try {
      await work(event);
    } catch (problem) {
      if (problem instanceof Outdated) return;
      error.textContent = problem.message;
      error.hidden = false;
    }
  };
}
