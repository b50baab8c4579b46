// A retrieval's trace as steps: the seeds, each hop, the answers; each with its nodes, edges and figures.

// Best hits of each channel that are listed.
const SEEDS = 3;
const COLUMN = 330;
const ROW = 56;
const LANES = { entity: "entity", item: "item", raw_data: "message" };

export function stepsOf(answer) {
  const stages = answer.trace?.stages ?? [];
  const hops = stages.filter((stage) => stage.attributes?.hop);
  const seeds = stages.filter((stage) => !stage.attributes?.hop && stage.stage !== "rerank" && stage.attributes?.round !== 2 && stage.tier !== "insight");
  return [
    seedStep(seeds),
    ...hops.map((stage, index) => hopStep(stage, index + 1)),
    answerStep(answer, hops.length + 1),
  ];
}

function seedStep(stages) {
  const rows = [];
  for (const stage of stages) {
    for (const candidate of stage.candidates.slice(0, SEEDS)) {
      if (rows.some((row) => row.id === candidate.id)) continue;
      rows.push({
        id: candidate.id, kind: LANES[candidate.sourceType] ?? "item", text: candidate.textPreview || candidate.id,
        score: candidate.vectorScore ?? candidate.finalScore, by: `by ${stage.method}`, from: "question", level: 1,
      });
    }
  }
  return {
    title: "Seeds", rows, level: 1,
    figures: stages.map((stage) => `${named(stage)}: ${stage.candidateCount ?? 0} found, ${stage.durationMillis} ms`),
  };
}

function hopStep(stage, number) {
  const { frontierSize, entitiesExpanded, prunedCount } = stage.attributes;
  return {
    title: `Hop ${stage.attributes.hop}`, level: number + 1,
    rows: stage.candidates.map((candidate) => ({
      id: candidate.id, kind: "item", text: candidate.textPreview, score: candidate.weight ?? candidate.finalScore,
      by: `over ${(candidate.relationship ?? "an entity").replace(/^MENTIONS /, "")}`, from: candidate.parentId ?? "question", level: number + 1,
    })),
    figures: [
      `${frontierSize ?? stage.inputCount ?? 0} starting points, ${entitiesExpanded ?? 0} entities expanded`,
      `${stage.candidateCount ?? 0} found, ${stage.resultCount ?? 0} kept, ${prunedCount ?? 0} pruned, ${stage.durationMillis} ms`,
    ],
  };
}

function answerStep(answer, level) {
  const rows = answer.items.map((item) => ({
    id: item.id, kind: "answer", text: item.text, score: item.finalScore, by: item.pathText || undefined,
    from: item.path.length ? (item.path.at(-1).fromItemId ?? "question") : "question", level: item.path.length + 1, path: item.path,
  }));
  return {
    title: "Answers", rows, level: level + 1, figures: [`${answer.status}: ${answer.items.length} items, ${answer.rawData.length} messages`],
  };
}

const named = (stage) => `${stage.tier.replace("_", " ")} by ${stage.method}`;

// Nodes and edges of the first `count` steps. A node keeps the place where it was first reached. `others`: texts of what
// only edges name, by id.
export function graphOf(question, steps, count, others) {
  const nodes = new Map([["question", { id: "question", kind: "question", text: question, level: 0 }]]);
  const edges = new Map();
  for (const step of steps.slice(0, count)) {
    for (const row of step.rows) {
      const known = nodes.get(row.id);
      for (const hop of row.path ?? []) {
        for (const [id, level] of [[hop.fromItemId, hop.hop], [hop.toItemId, hop.hop + 1]]) {
          if (others.has(id) && !nodes.has(id)) nodes.set(id, { id, kind: "item", text: others.get(id), level });
        }
      }
      if (others.has(row.from) && !nodes.has(row.from)) nodes.set(row.from, { id: row.from, kind: "item", text: others.get(row.from), level: row.level - 1 });
      nodes.set(row.id, known ? { ...known, kind: row.kind === "answer" ? "answer" : known.kind } : { ...row });
      if (!known || row.kind !== "answer") join(edges, row.from, row.id, row.by);
      for (const hop of row.path ?? []) join(edges, hop.fromItemId ?? "question", hop.toItemId, hop.entity);
    }
  }
  return { nodes: placed([...nodes.values()]), edges: [...edges.values()] };
}

// A column a step, from the question on the left. Messages are in the list only.
function placed(nodes) {
  const columns = Map.groupBy(nodes.filter((node) => node.kind !== "message"), (node) => node.level);
  return [...columns].flatMap(([level, column]) => column.map((node, index) => ({
    ...node, x: level * COLUMN, y: (index - (column.length - 1) / 2) * ROW,
  })));
}

// Ids that edges start from and no step shows: facts that a hop reached beside its best ones.
export function missing(steps) {
  const shown = new Set(["question", ...steps.flatMap((step) => step.rows.map((row) => row.id))]);
  const wanted = steps.flatMap((step) => step.rows.flatMap((row) => [row.from, ...(row.path ?? []).flatMap((hop) => [hop.fromItemId, hop.toItemId])]));
  return [...new Set(wanted.filter((id) => id && !shown.has(id)))];
}

function join(edges, from, to, label) {
  if (from === to) return;
  const id = `${from}>${to}`;
  const text = from === "question" ? undefined : (label ?? "").replace(/^over (?:MENTIONS )?/, "");
  if (!edges.has(id)) edges.set(id, { id, from, to, label: text, arrows: "to" });
}
