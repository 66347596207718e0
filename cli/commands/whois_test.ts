import assert from "node:assert/strict";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { Ui } from "../ui/ui.ts";
import { command } from "./whois.ts";

Deno.test("terminal stays terminal: the profile of a stranger moves no cursor and adds no line", async () => {
  const evil = "\x1b[2J\u202e\nfingerprint  00000000";
  const { terminal } = fakePlatform();
  const ui = new Ui(terminal);
  command.render({
    card: {},
    did: "did:wire:bob-00000000",
    profile: { motto: evil, [evil]: [evil], now: { text: evil } },
    fingerprint: "11111111",
    identity_check: "1 2 3",
    claimed_at: evil,
    nick: "bob",
    relay_url: null,
    slot_id: null,
  }, ui);
  await ui.flush();
  const shown = terminal.stdout.text;
  for (const character of ["\x1b", "\u202e"]) assert.ok(!shown.includes(character), shown);
  assert.equal(shown.match(/^fingerprint/gmu)?.length, 1, shown);
  assert.match(shown, /^ {2}1 2 3$/mu);
});

Deno.test("a profile reads as its owner wrote it: words, not JSON", async () => {
  const { terminal } = fakePlatform();
  const ui = new Ui(terminal);
  command.render({
    did: "did:wire:bob-00000000",
    profile: { vibe: ["calm", "curious"], now: { text: "reading", since: 1 }, listed: true },
    fingerprint: "11111111",
  }, ui);
  await ui.flush();
  const shown = terminal.stdout.text;
  assert.match(shown, /^vibe: +calm, curious$/mu);
  assert.match(shown, /^now: +reading$/mu);
  assert.match(shown, /^listed: +true$/mu);
});
