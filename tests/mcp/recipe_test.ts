/** The two-agent recipe of docs/mcp.md, line by line, with the published program on both sides. */
import assert from "node:assert/strict";
import { blocks } from "../e2e/documents.ts";
import { type Relay, World } from "../e2e/world.ts";
import type { RawClient } from "./raw_client.ts";
import { toolServer } from "./tool_server.ts";

interface Line {
  readonly who: string;
  readonly tool: string;
  readonly args: string;
  /** Member of the answer, and what it is called below. */
  readonly kept: readonly (readonly [string, string])[];
}

function parsed(text: string): Line {
  const [, who = "", tool = "", args = "", kept = ""] =
    /^(\w+): (wire_\w+) (\{.*?\})(?: = (.+))?$/.exec(text) ?? [];
  assert.notEqual(tool, "", `no line of a recipe: ${text}`);
  const names = kept === "" ? [] : kept.split(", ").map((one) => {
    const [member = "", name = member] = one.split(" as ");
    return [member, name] as const;
  });
  return { who, tool, args, kept: names };
}

Deno.test("lesson 53, lesson 42: the recipe of docs/mcp.md pairs two agents, and a message goes each way", async () => {
  const [recipe] = (await blocks(["docs/mcp.md"])).filter(({ info }) => info === "text recipe");
  assert.ok(recipe !== undefined);
  const lines = recipe.lines.filter((line) => line !== "").map(parsed);
  await using world = await World.create();
  const relay: Relay = await world.relay();
  const homes = { ann: world.home("ann"), bob: world.home("bob") };
  const clients: Record<string, RawClient> = {
    ann: (await toolServer(homes.ann)).client,
    bob: (await toolServer(homes.bob)).client,
  };
  const known = new Map<string, string>();
  const run = async ({ who, tool, args, kept }: Line): Promise<unknown> => {
    const filled = args.replaceAll("RELAY", relay.url)
      .replaceAll(/<(\w+)>/g, (_, name: string) => known.get(name) ?? assert.fail(name));
    const value = await clients[who]?.value(tool, JSON.parse(filled));
    for (const [member, name] of kept) known.set(name, String(Object(value)[member]));
    return value;
  };
  const answers: unknown[] = [];
  for (let index = 0; index < lines.length; index++) {
    const [line, next] = lines.slice(index, index + 2);
    assert.ok(line !== undefined);
    if (line.tool === "wire_pair_confirm" && next?.tool === "wire_pair_confirm") {
      answers.push(...await Promise.all([run(line), run(next)]));
      index++;
      // From here on the daemons carry the mail, as ensured by the tools where they may.
      await Promise.all([homes.ann.daemon(), homes.bob.daemon()]);
    } else answers.push(await run(line));
  }
  const heard = answers.filter((_, index) => lines[index]?.tool === "wire_wait");
  assert.deepEqual(heard.map((value) => Object(value).events[0].body), [
    "is the build green?",
    "yes",
  ]);
  const { step } = Object(answers.at(-1));
  assert.match(step, /^(stored|fetched|received|read|answered)$/);
});
