import assert from "node:assert/strict";
import fc from "fast-check";
import { numberLexeme } from "../../tests/fuzz/json_values.ts";
import { testRuns } from "../../tests/runs.ts";
import { isPlainInteger, printNumber, reprintNumber, stableNumber } from "./number.ts";

Deno.test("numbers are reprinted as the reference was seen to do", () => {
  const observed: Record<string, string> = {
    "1": "1",
    "1.0": "1.0",
    "1e2": "100.0",
    "1e15": "1000000000000000.0",
    "1e16": "1e+16",
    "0.00001": "0.00001",
    "1.5e-5": "0.000015",
    "0.000001": "1e-6",
    "-0": "-0.0",
    "-0.0e7": "-0.0",
    "18446744073709551615": "18446744073709551615",
    "18446744073709551616": "1.8446744073709552e+19",
    "-9223372036854775808": "-9223372036854775808",
    "-9223372036854775809": "-9.223372036854776e+18",
    "9007199254740993": "9007199254740993",
    "9007199254740993.0": "9007199254740994.0",
    "123456789.123456789": "123456789.12345679",
    "4.495780651872e-14": "4.4957806518719996e-14",
    "4420926695456930.0": "4420926695456929.5",
    "0e999999999999": "0.0",
    "1e-999999999999": "0.0",
    "5e-324": "5e-324",
    "1.7976931348623157e308": "1.7976931348623157e+308",
    "12.50e1": "125.0",
  };
  for (const [lexeme, printed] of Object.entries(observed)) {
    assert.equal(reprintNumber(lexeme), printed, lexeme);
  }
});

Deno.test("what is no JSON number, or outside the double range, has no reprint", () => {
  for (
    const text of ["", "1e400", "-1e309", "1e99999999999999999999", "01", "+1", ".5", "1.", "0x1"]
  ) {
    assert.equal(reprintNumber(text), undefined, text);
    assert.equal(stableNumber(text), undefined, text);
  }
  assert.equal(reprintNumber(`1${"0".repeat(400)}`), undefined);
  assert.equal(reprintNumber(`0.${"0".repeat(400)}1`), "0.0");
});

Deno.test("a stable number is a fixed point, and cycles are given up", () => {
  assert.equal(stableNumber("123456789.123456789"), "123456789.1234568");
  assert.equal(stableNumber("1"), "1");
  fc.assert(
    fc.property(numberLexeme, (lexeme) => {
      const stable = stableNumber(lexeme);
      if (stable !== undefined) assert.equal(reprintNumber(stable), stable);
    }),
    { numRuns: testRuns(300) },
  );
});

Deno.test("the always-safe set is safe", () => {
  const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String);
  const decimal = fc.tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 1, max: 6 }))
    .map(([digits, places]) => (digits / 10 ** places).toString())
    .filter((text) => text.includes(".") && !text.includes("e"));
  fc.assert(
    fc.property(fc.oneof(integer, decimal), (text) => {
      const printed = reprintNumber(text) ?? "none";
      assert.equal(Number(printed), Number(text));
      assert.equal(reprintNumber(printed), printed);
    }),
    { numRuns: testRuns(300) },
  );
});

Deno.test("reprinting a double's shortest text stays within a few units of it", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = reprintNumber(value.toExponential()) ?? "none";
      const distance = Math.abs(Number(text) - value);
      assert.ok(distance <= Math.abs(value) * 1e-14 + 1e-300, `${value} became ${text}`);
    }),
    { numRuns: testRuns(300) },
  );
});

Deno.test("JavaScript numbers are printed as the reference prints the same value", () => {
  assert.equal(printNumber(1), "1");
  assert.equal(printNumber(-0), "-0.0");
  assert.equal(printNumber(1.5), "1.5");
  assert.equal(printNumber(-1e-7), "-1e-7");
  assert.equal(printNumber(0.000001), "1e-6");
  assert.equal(printNumber(2 ** 63), "9223372036854775808");
  assert.equal(printNumber(-(2 ** 63)), "-9223372036854775808");
  assert.equal(printNumber(1e20), "1e+20");
  assert.equal(printNumber(1e21), "1e+21");
  assert.equal(printNumber(NaN), undefined);
  assert.equal(printNumber(-Infinity), undefined);
});

Deno.test("plain integers are those that every program writes alike", () => {
  for (const text of ["0", "7", "-7", "999999999999999"]) assert.ok(isPlainInteger(text), text);
  for (const text of ["-0", "1.0", "1e2", "1000000000000000", "01", ""]) {
    assert.ok(!isPlainInteger(text), text);
  }
});
