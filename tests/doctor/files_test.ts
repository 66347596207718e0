/** The home itself, its files and its disk. */
import { PEER_SLOT, RELAY, SECRETS, SLOT } from "./patient.ts";
import { type Ailment, findsEach, queue } from "./ailment.ts";

const MIB = 1024 * 1024;

const large = async (file: string, bytes: number): Promise<void> => {
  await Deno.writeTextFile(file, "");
  await Deno.truncate(file, bytes);
};

findsEach([
  {
    check: "home_variable",
    name: "lesson 29: doctor says that a relative WIRE_HOME is another home in each directory",
    status: "WARN",
    detail: /another home in each directory/,
    break: (patient) => void patient.platform.env.variables.set("WIRE_HOME", "home"),
  },
  {
    check: "home_variable",
    name: "doctor: an empty WIRE_HOME is named, since 0.5.19 takes it for another home",
    status: "WARN",
    detail: /WIRE_HOME is empty/,
    break: (patient) => void patient.platform.env.variables.set("WIRE_HOME", ""),
  },
  {
    check: "identity",
    name: "doctor: a card without its private key is named, and what to restore",
    status: "FAIL",
    detail: /is there without its private\.key/,
    fix: /restore .*private\.key from a backup/,
    break: (patient) => Deno.remove(patient.config("private.key")),
  },
  {
    check: "identity",
    name: "lesson 27: doctor says that another key has signed our card",
    status: "FAIL",
    detail: /signed by another key/,
    break: (patient) => Deno.writeFile(patient.config("private.key"), new Uint8Array(32)),
  },
  {
    check: "readable_files",
    name: "lesson 11: doctor names a trust store that cannot be read",
    status: "FAIL",
    detail: /trust\.json/,
    break: (patient) => Deno.writeTextFile(patient.config("trust.json"), '{"agents":'),
  },
  ...["grants.json", "blocklist.json", "claimed-nicks.json", "relay-features.json", "policy.json"]
    .map((file): Ailment => ({
      check: "readable_files",
      name: `P7: doctor names ${file} when it cannot be read`,
      status: "FAIL",
      detail: new RegExp(file),
      break: (patient) => Deno.writeTextFile(patient.config(file), "[]"),
    })),
  {
    check: "readable_files",
    name: "ruling 2: doctor names a key of config.toml that nobody knows",
    status: "WARN",
    detail: /unknown key "relay_ulr"/,
    break: (patient) => Deno.writeTextFile(patient.config("config.toml"), 'relay_ulr = "x"\n'),
  },
  {
    check: "readable_files",
    name: "doctor: a pairing's record that cannot be read is named",
    status: "FAIL",
    detail: /pair2/,
    async break(patient) {
      await Deno.mkdir(patient.home.file.pair2, { recursive: true });
      await Deno.writeTextFile(`${patient.home.file.pair2}/${"0".repeat(16)}.json`, "{}");
    },
  },
  {
    check: "permissions",
    name: "lesson 18: doctor names a secret that others can read",
    status: "FAIL",
    detail: /private\.key can be read by others \(mode 0644\)/,
    fix: /^chmod 600 \S+private\.key$/,
    break: (patient) => Deno.chmod(patient.config("private.key"), 0o644),
  },
  {
    check: "permissions",
    name: "doctor: a directory of ours that is open to others is named",
    status: "WARN",
    detail: /open to other users \(mode 0755\)/,
    fix: /^chmod 700 /,
    break: (patient) => Deno.chmod(patient.home.paths.stateRoot, 0o755),
  },
  {
    check: "permissions",
    name: "doctor: a file of another user is named",
    status: "FAIL",
    detail: /relay\.json belongs to user 0, we are 1000/,
    fix: /^sudo chown -R 1000 /,
    break: (patient) =>
      void patient.platform.machine.strange.set(patient.config("relay.json"), {
        kind: "file",
        owner: 0,
      }),
  },
  {
    check: "cursor",
    name: "doctor: a cursor that is no event is named",
    status: "WARN",
    detail: /the cursor is "", which is no event/,
    async break(patient) {
      await patient.home.updateRelayState("test", (state) => ({
        ...state,
        self: { ...state.self, last_pulled_event_id: "" },
      }));
    },
  },
  {
    check: "pair_rejections",
    name: "lesson 15: doctor counts the pairings that failed, and names the last",
    status: "WARN",
    detail: /^2 pair failures recorded\. recent: \[bob\/pair_drop_consume_failed, unreadable\]$/,
    break: (patient) =>
      Deno.writeTextFile(
        patient.state("pair-rejected.jsonl"),
        '{"code":"pair_drop_consume_failed","detail":"x","peer":"bob","ts":1}\nwhat?\n',
      ),
  },
  {
    check: "passages",
    name: "P4: doctor tells when the record of passages was written by somebody else",
    status: "WARN",
    detail: /^2 lines of .*passages\.jsonl cannot be read/,
    break: (patient) =>
      Deno.writeTextFile(
        patient.state("passages.jsonl"),
        '{"op":"pair_accept","subject":"\u001b[2J"}\nwhat?\n',
      ),
  },
  {
    check: "stray_local_slot",
    name: "lesson 9: doctor names a local mailbox that was written where nobody reads it",
    status: "WARN",
    detail: /relay-state\.json names a mailbox at http:\/\/127\.0\.0\.1:8771 that is never read/,
    break: (patient) =>
      Deno.writeTextFile(
        patient.config("relay-state.json"),
        JSON.stringify({
          self: {
            relay_url: RELAY,
            endpoints: [{
              relay_url: "http://127.0.0.1:8771",
              slot_id: PEER_SLOT,
              slot_token: SECRETS.peerToken,
              scope: "local",
            }],
          },
        }),
      ),
  },
  {
    check: "sizes",
    name: "doctor: a file that outgrows its bound is named",
    status: "WARN",
    detail: /bob\.jsonl has 257 MiB, its bound is 256/,
    break: (patient) => large(`${patient.home.file.inbox}/bob.jsonl`, 257 * MIB),
  },
  {
    check: "sizes",
    name: "lesson 49: doctor says when a directory of strangers' requests is nearly full",
    status: "WARN",
    detail: /pending-inbound-pairs holds 95 of at most 100/,
    async break(patient) {
      const directory = patient.home.file.pendingInbound;
      await Deno.mkdir(directory, { recursive: true });
      for (let n = 0; n < 95; n++) await Deno.writeTextFile(`${directory}/peer${n}.json`, "{}");
    },
  },
  {
    check: "disk",
    name: "doctor: a full disk is named",
    status: "FAIL",
    detail: /is full: 1 MiB free/,
    break: (patient) =>
      void (patient.platform.machine.disk = { freeBytes: MIB, freeFiles: undefined }),
  },
  {
    check: "disk",
    name: "doctor: a read-only file system is named",
    status: "FAIL",
    detail: /cannot be written: the file system is read-only/,
    break: (patient) =>
      void patient.platform.machine.readOnly.set(
        patient.home.paths.stateRoot,
        "the file system is read-only",
      ),
  },
  {
    check: "watches",
    name: "doctor: a system that has no watches left is named",
    status: "WARN",
    detail: /cannot be watched \(too many\)/,
    fix: /fs\.inotify\.max_user_watches/,
    break: (patient) => void (patient.platform.machine.unwatchable = "too many"),
  },
  {
    check: "sister_homes",
    name: "lesson 28: doctor names another home with our mailbox",
    status: "FAIL",
    detail: /one has our mailbox too/,
    async break(patient) {
      const sister = await patient.sister(`${patient.directory}/home/sessions/one`);
      await sister.updateRelayState("test", () => ({
        self: { relay_url: RELAY, slot_id: SLOT, slot_token: SECRETS.token },
        peers: {},
      }));
    },
  },
  {
    check: "sister_homes",
    name: "lesson 33: doctor names a home that nobody has begun",
    status: "WARN",
    detail: /ghost is a home without an identity/,
    break: (patient) =>
      Deno.mkdir(`${patient.directory}/home/sessions/ghost/config/wire`, { recursive: true }),
  },
  {
    check: "sister_homes",
    name: "lessons 36 and 37: doctor names a session whose mail no daemon sends",
    status: "WARN",
    detail: /1 message in \S+idle that no daemon sends/,
    fix: /^WIRE_HOME=\S+idle wire daemon$/,
    async break(patient) {
      const sister = await patient.sister(`${patient.directory}/home/sessions/idle`);
      await queue(patient, sister.paths.stateRoot, "bob");
    },
  },
]);
