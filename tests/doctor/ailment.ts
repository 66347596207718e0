/** A way in which a home breaks, and the check that must name it. */
import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/registry.ts";
import type { CheckReport, CheckStatus } from "../../client/doctor/check.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { Outbox } from "../../store/mail/outbox.ts";
import { handle, Patient, peerKeys, SECRETS } from "./patient.ts";

export const ANCIENT = "2026-01-01T00:00:00Z";

export interface Ailment {
  readonly check: string;
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: RegExp;
  readonly fix?: RegExp;
  break(patient: Patient): Promise<void> | void;
}

/** Breaks a home that is well in each of these ways, and lets the doctor look. */
export function findsEach(ailments: readonly Ailment[]): void {
  for (const ailment of ailments) {
    Deno.test(ailment.name, async () => {
      await using patient = await Patient.create();
      await ailment.break(patient);
      const reports = await patient.reports();
      const report = reports.find(({ id }) => id === ailment.check);
      assert.ok(report, `no check ${ailment.check}`);
      assert.equal(report.status, ailment.status, report.detail);
      assert.match(report.detail, ailment.detail);
      if (ailment.fix !== undefined) assert.match(report.fix ?? "", ailment.fix);
      assertHarmless(reports);
    });
  }
}

/** P5: whatever is wrong, no secret is in what it says; and what it says to run is there. */
function assertHarmless(reports: readonly CheckReport[]): void {
  const text = JSON.stringify(reports);
  for (const secret of Object.values(SECRETS)) assert.ok(!text.includes(secret));
  for (const { fix, evidence = [] } of reports) {
    for (const command of [fix, ...evidence.map((item) => item.fix)]) assertCommands(command ?? "");
  }
}

/** Words after `wire` that begin a command: names of options, files and peers come later. */
function assertCommands(fix: string): void {
  for (const [, words = ""] of fix.matchAll(/\bwire ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)/g)) {
    const [first = ""] = words.split(" ");
    const isKnown = COMMANDS.some(({ name }) => name === first || name === words);
    assert.ok(isKnown, `${fix}: there is no wire ${words}`);
  }
}

/** A message of long ago. */
export async function queue(patient: Patient, stateRoot: string, to: string): Promise<void> {
  const peer = handle(to);
  const keys = peerKeys("alice");
  const did = makeDid("alice", keys.publicKey);
  const event = signEvent(
    buildEvent({
      from: did,
      to: `did:wire:${to}`,
      type: "claim",
      kind: 1001,
      body: "x",
      timestamp: ANCIENT,
    }),
    { did, keys },
  );
  await new Outbox({ files: patient.platform.files, stateRoot }).enqueue(peer, event, {
    sinceMs: 0,
    isRepeat: () => event.id === "",
  });
}
