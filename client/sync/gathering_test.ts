import assert from "node:assert/strict";
import { Gathering } from "./gathering.ts";

Deno.test("work that is asked for while it is under way is done once more, not at the same time", async () => {
  const gathering = new Gathering<string>();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const done: string[] = [];
  let under = 0;
  const work = (name: string) => async () => {
    assert.equal(++under, 1);
    await gates.shift()?.promise;
    under--;
    done.push(name);
  };
  const [first] = gates;
  gathering.start("a", work("one"));
  gathering.start("a", work("two"));
  gathering.start("a", work("three"));
  first?.resolve();
  gates.at(-1)?.resolve();
  await gathering.settle();
  assert.deepEqual(done, ["one", "three"]);
  assert.ok(!gathering.isRunning("a"));
});

Deno.test("lesson 43: whoever waits may stop waiting, and what is slow goes on", async () => {
  const gathering = new Gathering<string>();
  const gate = Promise.withResolvers<void>();
  let isDone = false;
  gathering.start("slow", async () => {
    await gate.promise;
    isDone = true;
  });
  await gathering.settle(Promise.resolve());
  assert.ok(gathering.isRunning("slow") && !isDone);
  gate.resolve();
  await gathering.settle(new Promise(() => {}));
  assert.ok(isDone);
});
