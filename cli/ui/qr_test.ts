import assert from "node:assert/strict";
import decodeQr from "qr/decode.js";
import { type Canvas, drawQr } from "./qr.ts";

const WIDE: Canvas = { isTerminal: true, width: undefined, coloured: false };
const ALWAYS = { always: true };

/** What a camera sees on a dark terminal with light letters: each half block is 4 × 4 pixels. */
function photographed(drawing: string): { width: number; height: number; data: Uint8Array } {
  const rows = drawing.trimEnd().split("\n").flatMap((line) => {
    const letters = [...line];
    return [
      letters.map((letter) => letter === "█" || letter === "▀"),
      letters.map((letter) => letter === "█" || letter === "▄"),
    ];
  });
  const side = 4;
  const width = (rows[0]?.length ?? 0) * side;
  const height = rows.length * side;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isLight = rows[Math.floor(y / side)]?.[Math.floor(x / side)] === true;
      data.fill(isLight ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { width, height, data };
}

for (
  const text of [
    "http://127.0.0.1:8771/i/0123456789abcdef0123456789abcdef",
    `wire://pair?v=1&inv=${"eyJ2IjoxLCJkaWQiOiJkaWQ6d2lyZTpwYXVs".repeat(36)}`,
  ]
) {
  Deno.test(`a drawn code of ${text.length} characters reads back`, async () => {
    const drawing = await drawQr(text, WIDE, ALWAYS);
    assert.match(drawing, /^[█▀▄ \n]+$/);
    assert.equal(decodeQr(photographed(drawing), { timeLimit: 10_000 }), text);
  });
}

Deno.test("the quiet zone is four light modules on every side", async () => {
  const lines = (await drawQr("x", WIDE, ALWAYS)).trimEnd().split("\n");
  for (const line of lines) assert.match(line, /^█{4}.*█{4}$/);
  for (const line of [...lines.slice(0, 2), ...lines.slice(-2)]) assert.match(line, /^█+$/);
});

Deno.test("colours are set for each line and reset at its end, where there are colours", async () => {
  const lines = (await drawQr("x", { ...WIDE, coloured: true }, ALWAYS)).trimEnd().split("\n");
  // deno-lint-ignore no-control-regex -- the colours are what is looked at
  for (const line of lines) assert.match(line, /^\u001b\[38;5;231;48;5;16m[█▀▄ ]+\u001b\[0m$/);
});

Deno.test("a terminal that is too narrow gets a line instead of a broken code", async () => {
  const said = await drawQr("x".repeat(1000), { ...WIDE, width: 80 }, ALWAYS);
  assert.match(said, /^# a QR code of this needs \d+ columns, and here are 80\n$/);
});

Deno.test("where nobody looks nothing is drawn, unless it is asked for", async () => {
  const pipe = { ...WIDE, isTerminal: false };
  assert.equal(await drawQr("x", pipe, { always: false }), "");
  assert.notEqual(await drawQr("x", pipe, ALWAYS), "");
});
