/** What every implementation of Files promises (platform/files.ts). */
import assert from "node:assert/strict";
import type { Files } from "../../platform/files.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { WireError } from "../../protocol/errors.ts";

export interface FilesUnderTest extends AsyncDisposable {
  readonly files: Files;
  /** An existing empty directory, absolute. */
  readonly root: string;
  /** Lets a lock's deadline of a few milliseconds pass. */
  passTime(): Promise<void>;
}

/** Everybody may hand a file to the group it has anyway. */
const OWN_GROUP = Deno.gid() ?? 0;
const point = { point: "test.write" };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function failsWith(code: ErrorCode, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof WireError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n|\.$/);
    return true;
  };
}

/** Registers the suite under the implementation's name. */
export function filesContract(name: string, make: () => Promise<FilesUnderTest>): void {
  const promise = (what: string, run: (under: FilesUnderTest) => Promise<void>): void => {
    Deno.test(`files (${name}): ${what}`, async () => {
      await using under = await make();
      await run(under);
    });
  };

  promise("a missing file is undefined, empty or an empty list", async ({ files, root }) => {
    assert.equal(await files.readBytes(`${root}/none`), undefined);
    assert.equal(await files.readText(`${root}/none/deeper`), undefined);
    assert.equal(await files.stat(`${root}/none`), undefined);
    assert.deepEqual(await files.list(`${root}/none`), []);
    assert.deepEqual(await files.readAt(`${root}/none`, 0, 10), new Uint8Array(0));
    assert.equal(await files.lockHolder(`${root}/none`), undefined);
    assert.ok(!(await files.remove(`${root}/none`, point)));
  });

  promise("P7: what is there and cannot be read is unreadable, not missing", async (under) => {
    const { files, root } = under;
    await files.writeAtomic(`${root}/latin1`, new Uint8Array([0x63, 0xe9]), point);
    await assert.rejects(
      files.readText(`${root}/latin1`),
      failsWith("unreadable", /^Cannot read ".*latin1": not UTF-8 text$/),
    );
    await assert.rejects(files.readBytes(root), failsWith("unreadable", /it is a directory$/));
    await assert.rejects(
      files.readText(`${root}/latin1/below`),
      failsWith("unreadable", /a part of the path is not a directory$/),
    );
    await assert.rejects(files.stat(`${root}/latin1/below`), failsWith("unreadable", /directory$/));
    await assert.rejects(files.list(`${root}/latin1`), failsWith("unreadable", /directory$/));
  });

  promise("an atomic write creates with its mode, replaces, and leaves nothing else", async (u) => {
    const { files, root } = u;
    await files.writeAtomic(`${root}/secret`, "one", point);
    assert.equal(await files.readText(`${root}/secret`), "one");
    assert.equal((await files.stat(`${root}/secret`))?.mode, 0o600);
    await files.writeAtomic(`${root}/secret`, new Uint8Array([0, 255]), { ...point, mode: 0o640 });
    assert.deepEqual(await files.readBytes(`${root}/secret`), new Uint8Array([0, 255]));
    assert.equal((await files.stat(`${root}/secret`))?.mode, 0o640);
    assert.deepEqual(await files.list(root), ["secret"]);
  });

  promise("what was read is a copy, and so is what was written", async ({ files, root }) => {
    const data = new Uint8Array([1, 2, 3]);
    await files.writeAtomic(`${root}/a`, data, point);
    data[0] = 9;
    const read = await files.readBytes(`${root}/a`);
    assert.deepEqual(read, new Uint8Array([1, 2, 3]));
    read?.fill(7);
    assert.deepEqual(await files.readBytes(`${root}/a`), new Uint8Array([1, 2, 3]));
  });

  promise("writes to where nothing can be written fail and say why", async ({ files, root }) => {
    await files.writeAtomic(`${root}/file`, "x", point);
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => files.writeAtomic(`${root}/no/where`, "x", point),
      () => files.createNew(`${root}/no/where`, "x", point),
      () => files.append(`${root}/no/where`, "x", point),
      () => files.overwrite(`${root}/none`, 0, new Uint8Array(1), point),
      () => files.chmod(`${root}/none`, 0o600),
      () => files.setGroup(`${root}/none`, OWN_GROUP),
      () => files.lock(`${root}/no/lock`, { owner: "test", deadlineMs: 0 }),
      () => files.writeAtomic(root, "x", point),
      () => files.append(root, "x", point),
      () => files.remove(root, point),
      () => files.ensureDirectory(`${root}/file`),
      () => files.ensureDirectory(`${root}/file/below`),
      () => files.writeAtomic(`${root}/file/below`, "x", point),
    ];
    for (const [index, attempt] of attempts.entries()) {
      await assert.rejects(
        attempt(),
        failsWith("write_failed", /^Cannot write ".*": /),
        `${index}`,
      );
    }
    assert.deepEqual(await files.list(root), ["file"]);
    assert.equal(await files.readText(`${root}/file`), "x");
  });

  promise("createNew refuses what exists and keeps it", async ({ files, root }) => {
    await files.createNew(`${root}/a`, "first", point);
    assert.equal((await files.stat(`${root}/a`))?.mode, 0o600);
    await assert.rejects(
      files.createNew(`${root}/a`, "second", point),
      failsWith("conflict", /^Cannot create ".*a": it exists already$/),
    );
    assert.equal(await files.readText(`${root}/a`), "first");
    assert.deepEqual(await files.list(root), ["a"]);
  });

  promise("of many createNew at once exactly one wins", async ({ files, root }) => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => files.createNew(`${root}/a`, `${index}`, point)),
    );
    const won = results.flatMap(({ status }, index) => status === "fulfilled" ? [index] : []);
    assert.equal(won.length, 1);
    assert.equal(await files.readText(`${root}/a`), `${won[0]}`);
    assert.deepEqual(await files.list(root), ["a"]);
  });

  promise(
    "link: both names are one file until one of them is replaced",
    async ({ files, root }) => {
      await files.append(`${root}/a`, "one\n", point);
      await files.link(`${root}/a`, `${root}/b`, point);
      await files.append(`${root}/a`, "two\n", point);
      await files.overwrite(`${root}/b`, 0, new TextEncoder().encode("ONE"), point);
      assert.equal(await files.readText(`${root}/a`), "ONE\ntwo\n");
      assert.equal(await files.readText(`${root}/b`), "ONE\ntwo\n");
      await files.writeAtomic(`${root}/a`, "new\n", point);
      await files.append(`${root}/b`, "late\n", point);
      assert.equal(await files.readText(`${root}/a`), "new\n");
      assert.equal(await files.readText(`${root}/b`), "ONE\ntwo\nlate\n");
      await assert.rejects(
        files.link(`${root}/a`, `${root}/b`, point),
        failsWith("conflict", /b": it exists already$/),
      );
      await assert.rejects(
        files.link(`${root}/none`, `${root}/c`, point),
        failsWith("write_failed", /no such file or directory$/),
      );
      await assert.rejects(
        files.link(`${root}/a`, `${root}/no/c`, point),
        failsWith("write_failed", /no such file or directory$/),
      );
      await files.remove(`${root}/b`, point);
      assert.equal(await files.readText(`${root}/a`), "new\n");
    },
  );

  promise("what is no link is written where it is", async ({ files, root }) => {
    await files.writeAtomic(`${root}/a`, "x", point);
    assert.equal(await files.followLinks(`${root}/a`), `${root}/a`);
    assert.equal(await files.followLinks(`${root}/none`), `${root}/none`);
  });

  promise("append creates, adds at the end and tells where", async ({ files, root }) => {
    assert.equal(await files.append(`${root}/log`, "one\n", point), 0);
    assert.equal(await files.append(`${root}/log`, "zwö\n", point), 4);
    assert.equal(await files.append(`${root}/log`, "three\n", point), 9);
    assert.equal(await files.readText(`${root}/log`), "one\nzwö\nthree\n");
    assert.equal((await files.stat(`${root}/log`))?.mode, 0o600);
    await files.append(`${root}/open`, "x\n", { ...point, mode: 0o644 });
    assert.equal((await files.stat(`${root}/open`))?.mode, 0o644);
  });

  promise("P1: append after a torn tail begins a new line", async ({ files, root }) => {
    await files.writeAtomic(`${root}/log`, 'whole\n{"half', point);
    assert.equal(await files.append(`${root}/log`, "next\n", point), 13);
    assert.equal(await files.readText(`${root}/log`), 'whole\n{"half\nnext\n');
    assert.equal(text(await files.readAt(`${root}/log`, 13, 5)), "next\n");
  });

  promise("appends at the same time all arrive, each in one piece", async ({ files, root }) => {
    const lines = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(50));
    await Promise.all(lines.map((line) => files.append(`${root}/log`, `${line}\n`, point)));
    const written = (await files.readText(`${root}/log`))?.split("\n").filter((line) => line);
    assert.deepEqual(written?.sort(), lines.sort());
  });

  promise("overwrite changes bytes in place and never the length", async ({ files, root }) => {
    await files.writeAtomic(`${root}/a`, "0123456789", { ...point, mode: 0o640 });
    await files.overwrite(`${root}/a`, 3, new TextEncoder().encode("abc"), point);
    assert.equal(await files.readText(`${root}/a`), "012abc6789");
    for (const offset of [8, 10, -1]) {
      await assert.rejects(
        files.overwrite(`${root}/a`, offset, new Uint8Array(3), point),
        failsWith("write_failed", /it ends at 10, before \d+$/),
      );
    }
    assert.equal(await files.readText(`${root}/a`), "012abc6789");
    assert.equal((await files.stat(`${root}/a`))?.mode, 0o640);
  });

  promise("readAt gives what there is from an offset", async ({ files, root }) => {
    await files.writeAtomic(`${root}/a`, "0123456789", point);
    assert.equal(text(await files.readAt(`${root}/a`, 2, 3)), "234");
    assert.equal(text(await files.readAt(`${root}/a`, 8, 100)), "89");
    assert.equal(text(await files.readAt(`${root}/a`, 10, 1)), "");
    assert.equal(text(await files.readAt(`${root}/a`, 1_000, 1)), "");
    assert.equal(text(await files.readAt(`${root}/a`, 3, 0)), "");
  });

  promise(
    "readHead gives the first bytes, and nothing of what is not there",
    async ({ files, root }) => {
      await files.writeAtomic(`${root}/a`, "0123456789", point);
      for (const [length, head] of [[3, "012"], [10, "0123456789"], [99, "0123456789"]] as const) {
        assert.equal(text(await files.readHead(`${root}/a`, length) ?? new Uint8Array(1)), head);
      }
      assert.equal(await files.readHead(`${root}/none`, 3), undefined);
    },
  );

  promise("stat tells size, kind and a plausible time", async ({ files, root }) => {
    await files.writeAtomic(`${root}/a`, "grün", point);
    const file = await files.stat(`${root}/a`);
    assert.deepEqual([file?.size, file?.isFile, file?.isDirectory], [5, true, false]);
    assert.ok((file?.modifiedMs ?? 0) > Date.UTC(2025, 0));
    const directory = await files.stat(root);
    assert.deepEqual([directory?.isFile, directory?.isDirectory], [false, true]);
  });

  promise("directories are made with their parents, private, and keep their mode", async (u) => {
    const { files, root } = u;
    await files.ensureDirectory(`${root}/a/b`);
    for (const made of ["a", "a/b"]) {
      assert.equal((await files.stat(`${root}/${made}`))?.mode, 0o700, made);
    }
    await files.chmod(`${root}/a/b`, 0o750);
    await files.ensureDirectory(`${root}/a/b`, 0o755);
    assert.equal((await files.stat(`${root}/a/b`))?.mode, 0o750);
  });

  promise("a file can be handed to a group of ours", async ({ files, root }) => {
    await files.append(`${root}/file`, "x", point);
    await files.setGroup(`${root}/file`, OWN_GROUP);
    assert.equal((await files.stat(`${root}/file`))?.group, OWN_GROUP);
  });

  promise("list is sorted by code unit and names only what is inside", async ({ files, root }) => {
    await files.ensureDirectory(`${root}/dir/sub`);
    for (const name of ["b", "B", "a10", "a9", "ä"]) {
      await files.writeAtomic(`${root}/dir/${name}`, "", point);
    }
    await files.writeAtomic(`${root}/dir/sub/hidden`, "", point);
    assert.deepEqual(await files.list(`${root}/dir`), ["B", "a10", "a9", "b", "sub", "ä"]);
  });

  promise("remove removes once", async ({ files, root }) => {
    await files.writeAtomic(`${root}/a`, "x", point);
    assert.ok(await files.remove(`${root}/a`, point));
    assert.ok(!(await files.remove(`${root}/a`, point)));
    assert.equal(await files.readText(`${root}/a`), undefined);
  });

  promise(
    "lesson 43: a lock is exclusive, and waiting for it ends by naming the holder",
    async (u) => {
      const { files, root, passTime } = u;
      const path = `${root}/x.lock`;
      const held = await files.lock(path, { owner: "the daemon", deadlineMs: 0 });
      assert.equal(held.path, path);
      assert.equal((await files.stat(path))?.mode, 0o600);
      const named = /the daemon \(pid \d+\) since \d{4}-\d\d-\d\dT[\d:.]+Z$/;
      assert.match(await files.lockHolder(path) ?? "", named);
      assert.match(await files.readText(`${path}.owner`) ?? "", named);
      for (const deadlineMs of [0, 30]) {
        const waiting = assert.rejects(
          files.lock(path, { owner: "second", deadlineMs }),
          failsWith("locked", new RegExp(`^Cannot lock ".*x\\.lock": held by ${named.source}`)),
        );
        await passTime();
        await waiting;
      }
      await held.release();
      assert.equal(await files.lockHolder(path), undefined);
      assert.equal(await files.readText(`${path}.owner`), undefined);
      await using again = await files.lock(path, { owner: "second", deadlineMs: 0 });
      assert.match(await files.lockHolder(path) ?? "", /^second/);
      assert.equal(again.path, path);
    },
  );

  promise(
    "whoever waits for a lock gets it when it is released",
    async ({ files, root, passTime }) => {
      const path = `${root}/x.lock`;
      const order: string[] = [];
      const first = await files.lock(path, { owner: "first", deadlineMs: 0 });
      const waiting = files.lock(path, { owner: "second", deadlineMs: 5_000 }).then((lock) => {
        order.push("second has it");
        return lock;
      });
      order.push("first lets go");
      await first.release();
      await passTime();
      await (await waiting).release();
      assert.deepEqual(order, ["first lets go", "second has it"]);
    },
  );

  promise("releasing twice does not free the next holder's lock", async ({ files, root }) => {
    const path = `${root}/x.lock`;
    const first = await files.lock(path, { owner: "first", deadlineMs: 0 });
    await first.release();
    await using second = await files.lock(path, { owner: "second", deadlineMs: 0 });
    await first.release();
    await first[Symbol.asyncDispose]();
    assert.match(await files.lockHolder(second.path) ?? "", /^second/);
    assert.match(await files.readText(`${path}.owner`) ?? "", /^second/);
  });

  promise("waiting for a lock ends with the signal's reason", async ({ files, root, passTime }) => {
    const path = `${root}/x.lock`;
    await using _held = await files.lock(path, { owner: "first", deadlineMs: 0 });
    const controller = new AbortController();
    const options = { owner: "second", deadlineMs: 5_000, signal: controller.signal };
    const waiting = assert.rejects(files.lock(path, options), /enough/);
    controller.abort(new Error("enough"));
    await passTime();
    await waiting;
  });

  promise("a stale owner file beside a free lock names nobody", async ({ files, root }) => {
    const path = `${root}/x.lock`;
    await files.writeAtomic(path, "", point);
    await files.writeAtomic(`${path}.owner`, "a dead process", point);
    assert.equal(await files.lockHolder(path), undefined);
    await using lock = await files.lock(path, { owner: "next", deadlineMs: 0 });
    assert.match(await files.lockHolder(lock.path) ?? "", /^next/);
  });

  promise("a tree goes with all that is in it, and nothing beside it", async ({ files, root }) => {
    await files.ensureDirectory(`${root}/tree/deep/deeper`);
    await files.writeAtomic(`${root}/tree/deep/deeper/file`, "x", point);
    await files.writeAtomic(`${root}/tree2`, "beside", point);
    assert.ok(await files.removeTree(`${root}/tree`, point));
    assert.deepEqual(await files.list(root), ["tree2"]);
    assert.equal(await files.stat(`${root}/tree/deep`), undefined);
    assert.ok(!await files.removeTree(`${root}/tree`, point), "it was not there");
    await assert.rejects(
      files.removeTree(`${root}/tree2`, point),
      failsWith("write_failed", /it is not a directory$/),
    );
  });

  promise("watch yields after a change in a directory, and ends when aborted", async (under) => {
    const { files, root } = under;
    await files.ensureDirectory(`${root}/in`);
    await files.ensureDirectory(`${root}/out`);
    const controller = new AbortController();
    const changes = files.watch([`${root}/in`, `${root}/out`], controller.signal);
    const iterator = changes[Symbol.asyncIterator]();
    for (const file of [`${root}/in/a`, `${root}/out/b`]) {
      await files.append(file, "x\n", point);
      assert.ok(!(await iterator.next()).done);
    }
    const ended = (async () => {
      while (!(await iterator.next()).done);
    })();
    controller.abort();
    await ended;
  });

  promise("watch sees a directory that is made later, and what comes into it", async (under) => {
    const { files, root } = under;
    const controller = new AbortController();
    const iterator = files.watch([`${root}/later`], controller.signal)[Symbol.asyncIterator]();
    await files.ensureDirectory(`${root}/later`);
    assert.ok(!(await iterator.next()).done);
    await files.append(`${root}/later/a`, "x\n", point);
    assert.ok(!(await iterator.next()).done);
    controller.abort();
    while (!(await iterator.next()).done);
  });

  promise("watch with an aborted signal ends at once", async ({ files, root }) => {
    const changes = files.watch([root], AbortSignal.abort())[Symbol.asyncIterator]();
    assert.ok((await changes.next()).done);
  });
}
