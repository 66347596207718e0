/** Bodies, cards and events that a shell hands over as a pipe: `wire send bob claim @<(command)`. */
import assert from "node:assert/strict";
import { World } from "./world.ts";

Deno.test({
  name: "what can be read only once is read as a file is: bodies, cards, events",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using world = await World.create();
    const [alice, bob] = [world.home("alice"), world.home("bob")];
    await alice.ok(["init", "alice"]);
    await bob.ok(["init", "bob"]);
    const pipe = `${world.directory}/pipe`;
    const { success } = await new Deno.Command("mkfifo", { args: [pipe] }).output();
    assert.ok(success);
    /** As a shell's `<(command)` would. */
    const given = async (text: string, run: () => Promise<unknown>) => {
      const [, result] = await Promise.all([Deno.writeTextFile(pipe, text), run()]);
      return result;
    };
    const card = await Deno.readTextFile(`${alice.path}/config/wire/agent-card.json`);
    const sent = () => alice.record(["send", "bob", "claim", `@${pipe}`]);
    await given('{"of": "a pipe"}', sent);
    const outbox = await Deno.readTextFile(`${alice.path}/state/wire/outbox/bob.jsonl`);
    assert.match(outbox, /^\{"body":\{"of":"a pipe"\}/);
    await given(card, () => bob.record(["pin", pipe]));
    assert.deepEqual(await given(outbox, () => bob.json(["verify", pipe])), { verified: true });
    const flooded = () => alice.run(["send", "bob", "claim", "@/dev/zero"]);
    assert.match((await flooded()).stderr, /^error: Cannot take .*more than 2097152 bytes/);
    assert.match(
      (await alice.run(["verify", "/tmp"])).stderr,
      /^error: Cannot read .* expected a file/,
    );
  },
});
