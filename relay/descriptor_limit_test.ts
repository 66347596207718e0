import assert from "node:assert/strict";
import { connectionsThatFit } from "./descriptor_limit.ts";

const HEAD = "Limit                     Soft Limit           Hard Limit           Units     \n" +
  "Max processes             94953                94953                processes \n";
const says = (text: string | undefined) => ({ readText: () => Promise.resolve(text) });
const openFiles = (soft: string) =>
  says(`${HEAD}Max open files            ${soft.padEnd(21)}1048576              files     \n`);

Deno.test("P8: a relay holds no more connections than it may have files open", async () => {
  assert.equal(await connectionsThatFit(openFiles("20000"), 20_000), 19_744);
  assert.equal(await connectionsThatFit(openFiles("1048576"), 20_000), 20_000);
  assert.equal(await connectionsThatFit(openFiles("unlimited"), 20_000), 20_000);
  assert.equal(await connectionsThatFit(openFiles("100"), 20_000), 16);
});

Deno.test("P8: where the system does not say, a relay takes what every system allows", async () => {
  assert.equal(await connectionsThatFit(says(undefined), 20_000), 7_936);
  assert.equal(await connectionsThatFit(says("something else"), 20_000), 7_936);
  assert.equal(await connectionsThatFit(says(undefined), 100), 100);
  const failing = { readText: () => Promise.reject(new Error("no permission")) };
  assert.equal(await connectionsThatFit(failing, 20_000), 7_936);
});
