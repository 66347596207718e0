/** What docs/getting-started.md shows is what happens; WIRE_UPDATE_GOLDEN=1 writes it anew. */
import assert from "node:assert/strict";
import { World } from "../e2e/world.ts";
import { SCENES } from "./scenes.ts";
import { Stage } from "./stage.ts";

const PAGE = new URL("../../docs/getting-started.md", import.meta.url);

const placeOf = (name: string): RegExp =>
  new RegExp(`(<!-- played: ${name} -->\n)(.*?)(<!-- end -->)`, "s");

for (const { name, play } of SCENES) {
  Deno.test(`P10: getting started, by ${name}: two people get to where the page says`, async () => {
    await using world = await World.create();
    const relay = world.home("relay").start(["relay-server", "--bind", "127.0.0.1:0"]);
    const [, url = ""] = await relay.line("stderr", /peers use --relay (\S+?);/);
    await using stage = new Stage(world, name, url);
    await play(stage);
    const played = `\n${stage.blocks.join("\n\n")}\n\n`;
    const page = await Deno.readTextFile(PAGE);
    const [, , shown] = placeOf(name).exec(page) ?? [];
    if (shown !== played && Deno.env.get("WIRE_UPDATE_GOLDEN") === "1") {
      await Deno.writeTextFile(
        PAGE,
        page.replace(placeOf(name), (_, start, _old, end) => start + played + end),
      );
      return;
    }
    assert.equal(shown, played, "if this is as wanted, run it with WIRE_UPDATE_GOLDEN=1");
  });
}
