import assert from "node:assert/strict";
import { MetricRegistry } from "./metric_registry.ts";

Deno.test("metrics: a counter counts each set of labels, and is there at zero", async () => {
  const registry = new MetricRegistry();
  const counter = registry.counter("x_total", "Things");
  assert.equal(await registry.text(), "# HELP x_total Things\n# TYPE x_total counter\nx_total 0\n");
  counter.add({ a: "1" });
  counter.add({ a: "1" }, 2);
  counter.add({ a: "2" });
  assert.match(await registry.text(), /\nx_total\{a="1"\} 3\nx_total\{a="2"\} 1\n$/);
});

Deno.test("metrics: label values and help texts are escaped", async () => {
  const registry = new MetricRegistry();
  registry.counter("x_total", "a\\b\nc").add({ a: 'q"\\\n' });
  assert.equal(
    await registry.text(),
    '# HELP x_total a\\\\b\\nc\n# TYPE x_total counter\nx_total{a="q\\"\\\\\\n"} 1\n',
  );
});

Deno.test("metrics: buckets of a histogram include the smaller ones and its bound", async () => {
  const registry = new MetricRegistry();
  const histogram = registry.histogram("h_seconds", "Time", [0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.5, 3]) histogram.observe(seconds, { r: "a" });
  assert.deepEqual((await registry.text()).trimEnd().split("\n").slice(2), [
    'h_seconds_bucket{r="a",le="0.1"} 2',
    'h_seconds_bucket{r="a",le="1"} 3',
    'h_seconds_bucket{r="a",le="+Inf"} 4',
    'h_seconds_sum{r="a"} 3.65',
    'h_seconds_count{r="a"} 4',
  ]);
});

Deno.test("metrics: a gauge that cannot be read is missing, the others are told", async () => {
  const registry = new MetricRegistry();
  registry.gauge("bad", "Never", () => Promise.reject(new Error("gone")));
  registry.gauge("good", "Always", () => 7);
  const text = await registry.text();
  assert.doesNotMatch(text, /^bad /m);
  assert.match(text, /^good 7$/m);
});

Deno.test("metrics: P8: label sets without end are counted as others", async () => {
  const registry = new MetricRegistry();
  const counter = registry.counter("x_total", "Things");
  for (let i = 0; i < 5_000; i++) counter.add({ a: String(i) });
  const lines = (await registry.text()).trimEnd().split("\n");
  assert.ok(lines.length < 1_100, `${lines.length} lines`);
  assert.ok(lines.includes('x_total{a="other"} 4000'));
});

Deno.test("metrics: a name that is taken, or none, is refused", () => {
  const registry = new MetricRegistry();
  registry.counter("x_total", "Things");
  assert.throws(() => registry.gauge("x_total", "Again", () => 1), /x_total/);
  assert.throws(() => registry.counter("x-total", "Wrong"), /x-total/);
});
