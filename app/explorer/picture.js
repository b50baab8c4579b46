// Graphs, drawn by vis-network, and the query that shows the same in Neo4j Browser.
import { config } from "./api.js";
import { element, fill, quiet } from "./dom.js";

// Okabe and Ito's colours, which the colour-blind can tell apart; each kind has its shape, too.
const KINDS = {
  question: { shape: "star", color: "#D55E00" },
  entity: { shape: "diamond", color: "#E69F00" },
  item: { shape: "dot", color: "#56B4E9" },
  answer: { shape: "dot", color: "#009E73" },
  message: { shape: "square", color: "#CC79A7" },
};
const LABEL = 34;

const short = (text) => (text.length > LABEL ? `${text.slice(0, LABEL - 1)}…` : text);

const ink = () => getComputedStyle(document.body).color;

export function shown(node) {
  const kind = KINDS[node.kind];
  return {
    id: node.id, label: short(node.text), title: node.text, value: node.value, x: node.x, y: node.y,
    shape: kind.shape, color: kind.color, font: { color: ink(), size: 13 },
  };
}

export class Picture {
  constructor(container, { onChoose, layered }) {
    this.nodes = new vis.DataSet();
    this.edges = new vis.DataSet();
    const still = layered || quiet();
    this.network = new vis.Network(container, { nodes: this.nodes, edges: this.edges }, {
      nodes: { size: 9, scaling: { min: 8, max: 26 } },
      edges: {
        color: { color: "#8a8a96" }, smooth: false, font: { size: 11, color: ink(), strokeWidth: 0, align: "middle" },
      },
      layout: { improvedLayout: false, randomSeed: 7 },
      physics: layered ? false : { barnesHut: { springLength: 130, avoidOverlap: 0.2 }, stabilization: { iterations: 120 } },
      interaction: { hover: true, tooltipDelay: 120 },
    });
    // Once it has come to rest it stays: a thousand nodes that move are hard to read and to compute.
    if (!layered) {
      this.network.once("stabilizationIterationsDone", () => {
        this.network.setOptions({ physics: false });
        this.network.fit();
      });
    }
    this.still = still;
    this.network.on("selectNode", ({ nodes }) => onChoose(nodes[0]));
  }

  draw(nodes, edges) {
    const ids = new Set(nodes.map((node) => node.id));
    const kept = edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
    replace(this.nodes, nodes.map(shown));
    replace(this.edges, kept);
    this.network.fit({ animation: !this.still && nodes.length < 200 });
  }

  choose(id) {
    if (this.nodes.get(id)) this.network.selectNodes([id]);
  }
}

function replace(set, rows) {
  const wanted = new Set(rows.map((row) => row.id));
  set.remove(set.getIds().filter((id) => !wanted.has(id)));
  set.update(rows);
}

export async function showQuery(place, text) {
  const { browser } = await config();
  const link = browser && element(
    "a", { href: `${browser}${browser.includes("?") ? "&" : "?"}cmd=edit&arg=${encodeURIComponent(text)}`, target: "_blank", rel: "noopener" },
    "Open in Neo4j Browser",
  );
  fill(place, element("details", {}, element("summary", {}, "The same in Cypher"), element("pre", { tabindex: "0" }, text), link));
}

export const quoted = (text) => `'${String(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
