/** Daemons, locks, services and what is left of them. */
import assert from "node:assert/strict";
import type { LiveStatus } from "../../protocol/schemas/live.ts";
import { writeWentBack } from "../../client/go_back/record.ts";
import { PID_SCHEMA } from "../../protocol/schemas/pid_record.ts";
import { type Patient } from "./patient.ts";
import { ANCIENT, findsEach } from "./ailment.ts";

const DEAD_PID = 4_194_300;

const pidRecord = (changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    schema: PID_SCHEMA,
    pid: Deno.pid,
    bin_path: Deno.execPath(),
    version: "0.5.19",
    started_at: ANCIENT,
    ...changes,
  });

async function foreignDaemon(patient: Patient): Promise<void> {
  await patient.killDaemon();
  patient.platform.processes.living.set(77, ["/usr/local/bin/wire", "daemon", "--interval", "5"]);
  await Deno.writeTextFile(patient.state("daemon.pid"), pidRecord({ pid: 77 }));
}

function live(patient: Patient, changes: Partial<LiveStatus>): void {
  assert.ok(patient.live !== undefined);
  patient.live = { ...patient.live, ...changes };
}

findsEach([
  {
    check: "daemon",
    name: "lesson 5: doctor says that nothing runs, and how to start it",
    status: "FAIL",
    detail: /nothing is running/,
    fix: /^wire daemon$/,
    break: (patient) => patient.killDaemon(),
  },
  {
    check: "daemon",
    name: "lesson 42: doctor names a live daemon of 0.5.19, which keeps ours from starting",
    status: "FAIL",
    detail: /wire 0\.5\.19 \(pid 77\).*two writers/,
    fix: /^kill 77 && wire daemon$/,
    break: foreignDaemon,
  },
  {
    check: "daemon_pid_consistency",
    name: "lesson 35: doctor says that daemon.pid names a dead process",
    status: "WARN",
    detail: /pid 4194300, which is dead/,
    async break(patient) {
      await patient.killDaemon();
      await Deno.writeTextFile(patient.state("daemon.pid"), pidRecord({ pid: DEAD_PID }));
    },
  },
  {
    check: "daemon_pid_consistency",
    name: "doctor: a damaged daemon.pid is shown as such",
    status: "WARN",
    detail: /corrupt/,
    break: (patient) => Deno.writeTextFile(patient.state("daemon.pid"), '{"schema":'),
  },
  {
    check: "daemon_pid_consistency",
    name: "doctor: daemon.pid of before 0.5.11 is shown as such",
    status: "WARN",
    detail: /before 0\.5\.11: pid 12 \(dead\)/,
    break: (patient) => Deno.writeTextFile(patient.state("daemon.pid"), "12"),
  },
  {
    check: "daemon_pid_consistency",
    name: "doctor: each member of daemon.pid that differs is named",
    status: "WARN",
    detail: /program \/gone\/wire.*did did:wire:other-00000000.*relay https:\/\/else\.test/,
    break: (patient) =>
      Deno.writeTextFile(
        patient.state("daemon.pid"),
        pidRecord({
          bin_path: "/gone/wire",
          did: "did:wire:other-00000000",
          relay_url: "https://else.test",
        }),
      ),
  },
  {
    check: "daemon_version",
    name: "lessons 1 and 45: doctor says that a daemon of another version still runs",
    status: "WARN",
    detail: /running daemon is 0\.0\.9, this is/,
    fix: /^wire upgrade$/,
    async break(patient) {
      patient.live = undefined;
      await Deno.writeTextFile(patient.state("daemon.pid"), pidRecord({ version: "0.0.9" }));
    },
  },
  {
    check: "daemon_version",
    name: "lesson 45: what the daemon says of its version comes before what a file says",
    status: "WARN",
    detail: /running daemon is 0\.0\.8, this is/,
    break: (patient) => live(patient, { version: "0.0.8" }),
  },
  {
    check: "daemon_answers",
    name: "lesson 44: doctor says that the daemon does not answer at its socket",
    status: "WARN",
    detail: /does not answer at its socket/,
    break: (patient) => void (patient.live = undefined),
  },
  {
    check: "daemon_answers",
    name: "lesson 43: doctor says that the daemon hangs",
    status: "WARN",
    detail: /its last full round ended \d+ days ago: it hangs/,
    break: (patient) => live(patient, { round_at: ANCIENT }),
  },
  {
    check: "daemon_answers",
    name: "doctor shows what went wrong in the daemon, and whose mail rests",
    status: "WARN",
    detail: /^in push: no room \(and 1 more\)$/,
    break: (patient) =>
      live(patient, {
        last_error: { step: "push", error: "no room", at: ANCIENT },
        resting: [{ peer: "bob", relay_url: "http://x", reason: "503", retry_in_ms: 900 }],
      }),
  },
  {
    check: "locks",
    name: "lesson 43: doctor names a lock whose holder has ended",
    status: "FAIL",
    detail: /trust\.lock is held in the name of wire pin \(pid 4194300\).*which has ended/,
    fix: /^see who has it open and end that: fuser -v \//,
    async break(patient) {
      await patient.hold(patient.config("trust.lock"), "wire pin");
      const owner = `wire pin (pid ${DEAD_PID}) since ${ANCIENT}`;
      await Deno.writeTextFile(patient.config("trust.lock.owner"), owner);
    },
  },
  {
    check: "locks",
    name: "lesson 43: doctor names whoever has held a lock for long",
    status: "WARN",
    detail: /relay\.lock has been held for \d+ days by wire add \(pid \d+\)/,
    fix: /^kill \d+$/,
    async break(patient) {
      await patient.hold(patient.config("relay.lock"), "wire add");
      const owner = `wire add (pid ${Deno.pid}) since ${ANCIENT}`;
      await Deno.writeTextFile(patient.config("relay.lock.owner"), owner);
    },
  },
  {
    check: "service_unit",
    name: "lesson 40: doctor names a unit that starts a program which is not there",
    status: "FAIL",
    detail: /starts "\/usr\/bin\/wire \(deleted\)", which is no path/,
    async break(patient) {
      const directory = `${patient.directory}/user/.config/systemd/user`;
      await Deno.mkdir(directory, { recursive: true });
      const unit = "[Service]\nExecStart=/usr/bin/wire (deleted) daemon --interval 5\n";
      await Deno.writeTextFile(`${directory}/wire-daemon.service`, unit);
    },
  },
  {
    check: "left_overs",
    name: "lesson 18: doctor names half-written files that a killed process left",
    status: "WARN",
    detail: /1 half-written file, which may hold secrets/,
    async break(patient) {
      const file = patient.config(`.relay.json.${crypto.randomUUID()}.tmp`);
      await Deno.writeTextFile(file, "{");
      await Deno.utime(file, 0, 0);
    },
  },
  {
    check: "left_overs",
    name: "doctor: the pid file of a notifier that is gone is named",
    status: "WARN",
    detail: /notify\.pid names no living process/,
    fix: /^rm \S+notify\.pid$/,
    break: (patient) => Deno.writeTextFile(patient.state("notify.pid"), `${DEAD_PID}`),
  },
  {
    check: "left_overs",
    name: "doctor: the socket of a daemon that is gone is named",
    status: "WARN",
    detail: /old\.sock is the socket of a daemon that is gone/,
    async break(patient) {
      await patient.killDaemon();
      await Deno.writeTextFile(patient.state("old.sock"), "");
      patient.platform.machine.strange.set(patient.state("old.sock"), {
        kind: "socket",
        owner: 1_000,
      });
    },
  },
  {
    check: "go_back",
    name: "doctor says that 0.5.19 works on a home that was not prepared for it",
    status: "FAIL",
    detail: /wire 0\.5\.19 has worked on this home since ours did/,
    fix: /^kill 77 && wire go-back$/,
    break: foreignDaemon,
  },
  {
    check: "go_back",
    name: "doctor says that a go-back did not come to its end",
    status: "WARN",
    detail: /begun and did not end/,
    fix: /^wire go-back$/,
    break: (patient) => writeWentBack(patient.home, { capabilities: [] }),
  },
]);
