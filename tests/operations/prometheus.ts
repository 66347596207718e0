/** A strict reader of Prometheus' text format 0.0.4: what it does not expect is an error. */
import assert from "node:assert/strict";

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const HELP = new RegExp(`^# HELP (${NAME}) (.*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;

export function readPrometheus(text: string): Map<string, MetricFamily> {
  assert.ok(text.endsWith("\n"), "the last line has no end");
  const families = new Map<string, MetricFamily>();
  const seen = new Set<string>();
  let open: { name: string; help: string; family?: MetricFamily } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const help = HELP.exec(line);
    if (help !== null) {
      const [, name = "", words = ""] = help;
      assert.ok(!families.has(name), `${name} comes twice`);
      open = { name, help: words };
      continue;
    }
    assert.ok(open !== undefined, `before any HELP: ${line}`);
    const type = TYPE.exec(line);
    if (type !== null) {
      assert.equal(type[1], open.name);
      assert.equal(open.family, undefined);
      open.family = { type: type[2] ?? "", help: open.help, samples: [] };
      families.set(open.name, open.family);
      continue;
    }
    const sample = SAMPLE.exec(line);
    assert.ok(sample !== null, `not a sample: ${JSON.stringify(line)}`);
    assert.ok(open.family !== undefined, `before its TYPE: ${line}`);
    const [, name = "", labels = "", value = ""] = sample;
    assert.ok(isNameOf(open.name, open.family.type, name), `${name} in ${open.name}`);
    assert.ok(!seen.has(`${name}{${labels}}`), `twice: ${line}`);
    seen.add(`${name}{${labels}}`);
    open.family.samples.push({ name, labels: readLabels(labels), value: numberOf(value) });
  }
  for (const [name, family] of families) checkHistogram(name, family);
  return families;
}

function isNameOf(family: string, type: string, name: string): boolean {
  if (type !== "histogram") return name === family;
  return ["_bucket", "_sum", "_count"].some((end) => name === family + end);
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== "";) {
    const label = LABEL.exec(rest);
    assert.ok(label !== null, `not labels: ${rest}`);
    const [whole, name = "", value = ""] = label;
    assert.ok(!Object.hasOwn(labels, name), `label ${name} twice`);
    labels[name] = value.replace(/\\(.)/g, (_, c) => c === "n" ? "\n" : c);
    rest = rest.slice(whole.length);
  }
  return labels;
}

const numberOf = (text: string): number =>
  text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);

/** Buckets only grow, and the last one counts all. */
function checkHistogram(name: string, { type, samples }: MetricFamily): void {
  if (type !== "histogram") return;
  const keyOf = ({ labels: { le: _, ...others } }: Sample) => JSON.stringify(others);
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  for (const [key, group] of Map.groupBy(buckets, keyOf)) {
    const bounds = group.map(({ labels }) => numberOf(labels["le"] ?? ""));
    assert.deepEqual(bounds, bounds.toSorted((a, b) => a - b));
    assert.equal(bounds.at(-1), Infinity);
    const values = group.map(({ value }) => value);
    assert.deepEqual(values, values.toSorted((a, b) => a - b), name);
    const count = samples.find((one) => one.name === `${name}_count` && keyOf(one) === key);
    assert.equal(values.at(-1), count?.value, name);
  }
}
