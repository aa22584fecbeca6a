// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createElement } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { SiteProvider } from "../app/context";
import { LargeValue } from "./LargeValue";

afterEach(cleanup);

it("shows the beginning, and asks for all of it only when it is wanted", async () => {
  const get = vi.fn().mockResolvedValue({ value: { text: "the whole letter" } });
  const large = { size: 1_234_567, hash: "0", preview: '{"text":"the' };
  const shown = { large, address: "events/7/snapshot/", path: "event", label: "Event" };
  const site = { api: { get }, signIn: "" };
  render(createElement(SiteProvider, { value: site as never }, createElement(LargeValue, shown)));
  expect(screen.getByText('{"text":"the…')).toBeTruthy();
  expect(get).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole("button", { name: "Load all 1.2 MB" }));
  expect(document.activeElement).toBe(screen.getByRole("region", { name: "Large value: Event" }));
  expect((await screen.findByRole("tree", { name: "Event" })).textContent).toContain("the whole letter");
  expect(get.mock.calls[0]?.[0]).toBe("events/7/snapshot/");
});
