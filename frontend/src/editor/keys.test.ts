// @vitest-environment jsdom
import { afterEach, describe, expect, it } from "vitest";
import { isSwitchedOff } from "./keys";

const pressed = (key: string, held: Partial<KeyboardEvent> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...held,
});

afterEach(() => {
  delete document.documentElement.dataset.singleKeys;
});

describe("single characters as commands", () => {
  it("are on until the reader switches them off", () => {
    expect(isSwitchedOff(pressed("a"))).toBe(false);
    document.documentElement.dataset.singleKeys = "off";
    expect(isSwitchedOff(pressed("a"))).toBe(true);
  });

  it.each(["a", "L", "?", "+", "1"])("%s is off then", (key) => {
    document.documentElement.dataset.singleKeys = "off";
    expect(isSwitchedOff(pressed(key))).toBe(true);
  });

  it.each([
    pressed("Enter"),
    pressed("ArrowLeft"),
    pressed(" "),
    pressed("F2"),
    pressed("k", { ctrlKey: true }),
    pressed("z", { metaKey: true }),
  ])("$key with what is held stays", (event) => {
    document.documentElement.dataset.singleKeys = "off";
    expect(isSwitchedOff(event)).toBe(false);
  });
});
