import assert from "node:assert/strict";
import { notificationCommand, RealNotifier } from "./notifier.ts";

Deno.test("notifier: on Linux a stranger's text is never an option of notify-send", () => {
  assert.deepEqual(notificationCommand("linux", "--help", "-u critical"), [
    "notify-send",
    "--app-name=wire",
    "--icon=mail-message-new",
    "--",
    "--help",
    "-u critical",
  ]);
});

Deno.test("notifier: on Linux a stranger's text is no markup", () => {
  const body = notificationCommand("linux", "bob", "<a href='x'>1 & 2</a>")?.at(-1);
  assert.equal(body, "&lt;a href='x'&gt;1 &amp; 2&lt;/a&gt;");
});

Deno.test("notifier: on macOS a stranger's text never leaves its string", () => {
  const command = notificationCommand("darwin", 'a"b\\', 'x" & do shell script "id\nnext');
  assert.deepEqual(command?.slice(0, 2), ["osascript", "-e"]);
  assert.equal(
    command?.[2],
    String.raw`display notification "x\" & do shell script \"id next" with title "a\"b\\"`,
  );
});

Deno.test("notifier: elsewhere the notification is printed", async () => {
  for (const os of ["windows", "other"] as const) {
    const printed: string[] = [];
    const print = (text: string) => Promise.resolve(void printed.push(text));
    await new RealNotifier({ os, print }).notify("bob", "hello\nand more");
    assert.deepEqual(printed, ["[wire notify] bob\n  hello\n  and more\n"]);
  }
});

Deno.test("notifier: with a missing or failing command it is printed, which is no error", async () => {
  const ran: (readonly string[])[] = [];
  const printed: string[] = [];
  const notifier = new RealNotifier({
    os: "linux",
    print: (text) => Promise.resolve(void printed.push(text)),
    run(command) {
      ran.push(command);
      return Promise.reject(new Deno.errors.NotFound("notify-send"));
    },
  });
  await notifier.notify("bob", "hello");
  assert.equal(ran.length, 1);
  assert.deepEqual(printed, ["[wire notify] bob\n  hello\n"]);
  await notifier.notify("bob", "said in other words", { isAlsoPrinted: true });
  assert.deepEqual([ran.length, printed.length], [2, 1]);
  const print = () => Promise.reject(new Error("the terminal has gone"));
  await new RealNotifier({ os: "other", print }).notify("bob", "hello");
});

Deno.test("notifier: the command is really run", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-notify-" });
  try {
    const source = `import { RealNotifier } from ${
      JSON.stringify(import.meta.resolve("./notifier.ts"))
    };
await new RealNotifier({ os: "linux", print: () => Promise.resolve() }).notify("-t", "$(id)");`;
    await Deno.writeTextFile(`${directory}/notify.ts`, source);
    const stand = `#!/bin/sh\nfor a in "$@"; do echo "<$a>"; done > ${directory}/out\n`;
    await Deno.writeTextFile(`${directory}/notify-send`, stand, { mode: 0o755 });
    await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `${directory}/notify.ts`],
      env: { PATH: `${directory}:/usr/bin:/bin` },
    }).output();
    assert.equal(
      await Deno.readTextFile(`${directory}/out`),
      "<--app-name=wire>\n<--icon=mail-message-new>\n<-->\n<-t>\n<$(id)>\n",
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
