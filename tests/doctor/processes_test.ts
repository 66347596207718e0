/** What the processes of a home may do, and those that others start for it. */
import { findsEach } from "./ailment.ts";
import type { Patient } from "./patient.ts";

/** Cursor is told to start that as its tool server. */
async function entry({ directory }: Patient, server: unknown): Promise<void> {
  await Deno.mkdir(`${directory}/user/.cursor`, { recursive: true });
  const text = JSON.stringify({ mcpServers: { wire: server } });
  await Deno.writeTextFile(`${directory}/user/.cursor/mcp.json`, text);
}

findsEach([
  {
    check: "open_files",
    name: "doctor: a daemon that may open too few files is named, with the command that mends it",
    status: "WARN",
    detail: /^the daemon \(pid \d+\) may have 64 files open, and should have 80$/,
    fix: /^ulimit -n 65536; then: wire upgrade$/,
    break: ({ platform: { machine } }) =>
      void machine.openFilesOf.set(Deno.pid, { open: 30, soft: 64, hard: 1_048_576 }),
  },
  {
    check: "open_files",
    name:
      "doctor: a daemon that can open no more files fails, and where nobody may raise that it is said",
    status: "FAIL",
    detail: /has 1020 files open and may have 1024: it takes no connections/,
    fix: /administrator raise the hard limit of open files \(1024\)/,
    break: ({ platform: { machine } }) =>
      void machine.openFilesOf.set(Deno.pid, { open: 1_020, soft: 1_024, hard: 1_024 }),
  },
  {
    check: "open_files",
    name: "doctor: a daemon of many homes needs more open files than one of one",
    status: "WARN",
    detail: /^the daemon of 2 homes \(pid \d+\) may have 90 files open, and should have 96$/,
    async break(patient) {
      await patient.killDaemon();
      const label = `wire daemon --interval 5 --all-sessions of ${"0".repeat(8)}`;
      await patient.holdDaemonLock(label);
      const sister = await patient.sister(`${patient.directory}/home/sessions/one`);
      await patient.hold(sister.file.daemonLock, label);
      const limits = { open: 30, soft: 90, hard: Infinity };
      patient.platform.machine.openFilesOf.set(Deno.pid, limits);
    },
  },
  {
    check: "open_files",
    name: "doctor: a relay whose data lie in this home and that may open too few files is named",
    status: "WARN",
    detail: /^the relay \(pid \d+\) may have 256 files open, and should have 1024$/,
    fix: /^ulimit -n 4096; then: start the relay again/,
    async break(patient) {
      await patient.killDaemon();
      const root = patient.home.paths.relayRoot({ localOnly: true });
      await Deno.mkdir(root, { recursive: true });
      await patient.hold(`${root}/relay.lock`, "wire relay-server");
      const limits = { open: 30, soft: 256, hard: 4_096 };
      patient.platform.machine.openFilesOf.set(Deno.pid, limits);
    },
  },
  {
    check: "agent_hosts",
    name: "lesson 31: doctor names a host that starts a tool server which is not there",
    status: "FAIL",
    detail: /^Cursor is to start \/gone\/wire, which is not there \(\S+mcp\.json\)$/,
    fix: /^wire setup --apply --host cursor$/,
    break: (patient) => entry(patient, { command: "/gone/wire", args: ["mcp"] }),
  },
  {
    check: "agent_hosts",
    name: "lesson 30: doctor names a host whose WIRE_HOME nobody may expand",
    status: "WARN",
    detail: /gives WIRE_HOME=\$\{HOME\}\/wire/,
    break: (patient) => entry(patient, { command: "wire", env: { WIRE_HOME: "${HOME}/wire" } }),
  },
  {
    check: "agent_hosts",
    name: "lesson 34: doctor names a host whose tool server works in a home that is none",
    status: "WARN",
    detail: /works in \/srv\/nobody \(\S+\), which is no home with an identity/,
    fix: /^WIRE_HOME=\/srv\/nobody wire up <nick>;/,
    break: (patient) => entry(patient, { command: "wire", env: { WIRE_HOME: "/srv/nobody" } }),
  },
  {
    check: "notifier",
    name: "lesson 38: doctor says that the one notifier has nothing to show with",
    status: "WARN",
    detail: /^wire notify \(pid \d+\) since \S+ runs, and there is no notify-send/,
    async break(patient) {
      await Deno.mkdir(`${patient.directory}/home/sessions`, { recursive: true });
      await patient.hold(`${patient.directory}/home/sessions/.notify.lock`, "wire notify");
    },
  },
]);
